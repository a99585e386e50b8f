//! The ring of stages: barriers as PTX defines them, and who arrives how often.

use super::shape;

/// An mbarrier. A phase ends when no arrival and no byte is outstanding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Barrier {
    arrivals: u32,
    pending: u32,
    bytes: i32,
    phases: u32,
}

/// More arrivals than the phase has: undefined in hardware.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an arrival too many at a barrier")]
pub struct TooManyArrivals;

impl Barrier {
    /// `mbarrier.init`.
    pub fn new(arrivals: u32) -> Self {
        Self {
            arrivals,
            pending: arrivals,
            bytes: 0,
            phases: 0,
        }
    }

    /// `mbarrier.arrive` and, with bytes to come, `mbarrier.arrive.expect_tx`.
    pub fn arrive(&mut self, expect: u32) -> Result<(), TooManyArrivals> {
        self.bytes += expect as i32;
        self.pending = self.pending.checked_sub(1).ok_or(TooManyArrivals)?;
        self.settle();
        Ok(())
    }

    /// Bytes of a load that have come; they may come before they are expected.
    pub fn complete(&mut self, bytes: u32) {
        self.bytes -= bytes as i32;
        self.settle();
    }

    /// `mbarrier.try_wait.parity`: whether the phase with this parity is over.
    pub fn over(&self, parity: u32) -> bool {
        self.phases % 2 != parity
    }

    fn settle(&mut self) {
        if self.pending == 0 && self.bytes == 0 {
            self.phases += 1;
            self.pending = self.arrivals;
        }
    }
}

/// Stage and parity of the n-th use of the ring, as `Cursor` counts them from a first parity.
pub fn cursor(use_: u32, stages: u32, first_parity: u32) -> (u32, u32) {
    (use_ % stages, (first_parity + use_ / stages) % 2)
}

/// The rules of the ring; the tests break each of them to see that it is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protocol {
    /// Stages.
    pub stages: u32,
    /// Those of a block that free a stage by themselves: warps in the kernel.
    pub consumers: u32,
    /// Arrivals that end a phase of a stage's `empty` barrier.
    pub empty_arrivals: u32,
    /// Bytes that a stage's `full` barrier expects.
    pub expected_bytes: u32,
    /// First parity that the loader waits for.
    pub loader_parity: u32,
    /// First parity that the multipliers wait for.
    pub multiplier_parity: u32,
    /// Whether a consumer frees a stage in both blocks, or in its own only.
    pub frees_both: bool,
    /// Whether a stage is freed after its product is over, or once it has begun.
    pub frees_after: bool,
    /// Whether blocks wait for each other at the end.
    pub ends_together: bool,
}

impl Protocol {
    /// The kernel's rules with another number of stages and of consumers.
    pub fn kernel(stages: u32, consumers: u32) -> Self {
        Self {
            stages,
            consumers,
            empty_arrivals: consumers * shape::CLUSTER,
            expected_bytes: shape::STAGE_BYTES,
            loader_parity: 1,
            multiplier_parity: 0,
            frees_both: true,
            frees_after: true,
            ends_together: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_barrier_is_in_phase_zero() {
        let barrier = Barrier::new(1);
        assert!(barrier.over(1) && !barrier.over(0));
    }

    #[test]
    fn a_phase_waits_for_arrivals_and_bytes_in_any_order() {
        let mut barrier = Barrier::new(1);
        barrier.complete(16);
        assert!(!barrier.over(0), "bytes before the arrival that expects them");
        barrier.arrive(48).expect("one is pending");
        assert!(!barrier.over(0));
        barrier.complete(32);
        assert!(barrier.over(0) && !barrier.over(1));
    }

    #[test]
    fn an_arrival_too_many_is_seen() {
        let mut barrier = Barrier::new(1);
        barrier.arrive(16).expect("one is pending");
        assert_eq!(barrier.arrive(0), Err(TooManyArrivals));
    }

    /// `Cursor::next` of the kernel, step by step.
    #[test]
    fn cursor_flips_its_parity_each_round() {
        let (mut stage, mut parity) = (0, 1);
        for use_ in 0..20 {
            assert_eq!(cursor(use_, 4, 1), (stage, parity));
            stage += 1;
            if stage == 4 {
                (stage, parity) = (0, parity ^ 1);
            }
        }
    }
}
