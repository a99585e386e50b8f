//! The ring of stages: when a block of depth is copied, awaited, read and overwritten, over all tiles of a thread block in
//! one unbroken sequence.

/// What one thread of the block does, in program order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Starts the copies of a block of depth into a stage.
    Copy {
        /// Which block of the whole sequence.
        block: u32,
        /// Where to.
        stage: u32,
    },
    /// Closes a group of copies (an empty one past the end).
    Commit,
    /// Waits until at most so many of this thread's groups are under way.
    Wait(u32),
    /// All threads meet.
    Barrier,
    /// Reads one step of a block from a stage; `used` is false past the end, where the bytes mean nothing.
    Read {
        /// Which block of the whole sequence the reader means.
        block: u32,
        /// Where from.
        stage: u32,
        /// Whether anything depends on it.
        used: bool,
    },
}

/// Order of a kernel's actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// gemm80.cu: fragments are read one step ahead; a block has so many steps (two or more).
    StepAhead(u32),
    /// gemm_f64.cu: a block is awaited, the next copy started, then all is read.
    BlockAtOnce,
}

struct Writer {
    actions: Vec<Action>,
    stages: u32,
    total: u32,
    loaded: u32,
}

impl Writer {
    fn load(&mut self) {
        if self.loaded < self.total {
            self.actions.push(Action::Copy {
                block: self.loaded,
                stage: self.loaded % self.stages,
            });
        }
        self.actions.push(Action::Commit);
        self.loaded += 1;
    }

    fn ready(&mut self) {
        self.actions.extend([Action::Wait(self.stages - 2), Action::Barrier]);
    }

    fn read(&mut self, block: u32) {
        let used = block < self.total;
        self.actions.push(Action::Read {
            block,
            stage: block % self.stages,
            used,
        });
    }
}

/// The actions for `total` blocks of depth, all tiles together.
pub fn schedule(order: Order, stages: u32, total: u32) -> Vec<Action> {
    let mut writer = Writer {
        actions: Vec::new(),
        stages,
        total,
        loaded: 0,
    };
    for _ in 0..stages - 1 {
        writer.load();
    }
    match order {
        Order::StepAhead(steps) => {
            writer.ready();
            writer.read(0);
            for block in 0..total {
                for step in 0..steps {
                    if step == steps - 1 {
                        writer.ready();
                    }
                    writer.read(if step == steps - 1 { block + 1 } else { block });
                    if step == 0 {
                        writer.load();
                    }
                }
            }
        }
        Order::BlockAtOnce => {
            for block in 0..total {
                writer.ready();
                writer.load();
                writer.read(block);
            }
        }
    }
    writer.actions
}

/// A broken rule of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A used read of a block that need not have arrived for all threads, or that another block lies over.
    ReadTooEarly(u32),
    /// A copy starts into a stage that another thread may still read.
    OverwrittenTooEarly(u32),
}

/// Checks a schedule that all threads of a block run: a copy counts as arrived for everyone once the thread that started it
/// has waited for its group and all have met since, and a stage as free once all have met since its last used read.
pub fn check(actions: &[Action], stages: u32) -> Result<(), Fault> {
    let mut groups: Vec<Option<(u32, u32)>> = Vec::new();
    let mut pending = None;
    let mut awaited = 0;
    let mut visible = vec![None; stages as usize];
    let mut read_since_barrier = vec![false; stages as usize];
    for action in actions {
        match *action {
            Action::Copy { block, stage } => {
                if read_since_barrier[stage as usize] {
                    return Err(Fault::OverwrittenTooEarly(block));
                }
                visible[stage as usize] = None;
                pending = Some((block, stage));
            }
            Action::Commit => groups.push(pending.take()),
            Action::Wait(left) => awaited = awaited.max(groups.len().saturating_sub(left as usize)),
            Action::Barrier => {
                for (block, stage) in groups[..awaited].iter().flatten() {
                    if visible[*stage as usize].is_none_or(|older| older < *block)
                        && !groups[awaited..].iter().flatten().any(|(_, other)| other == stage)
                    {
                        visible[*stage as usize] = Some(*block);
                    }
                }
                read_since_barrier.fill(false);
            }
            Action::Read { block, stage, used } => {
                if used && visible[stage as usize] != Some(block) {
                    return Err(Fault::ReadTooEarly(block));
                }
                read_since_barrier[stage as usize] |= used;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KERNELS: [(Order, u32); 3] = [
        (Order::StepAhead(2), 4),
        (Order::StepAhead(4), 3),
        (Order::BlockAtOnce, 3),
    ];

    proptest! {
        #[test]
        fn no_stage_is_read_before_it_is_loaded_or_overwritten_before_its_last_read(total in 1u32..200) {
            for (order, stages) in KERNELS {
                prop_assert_eq!(check(&schedule(order, stages, total), stages), Ok(()), "{:?}", order);
            }
        }
    }

    #[test]
    fn every_block_is_read_as_often_as_it_has_steps() {
        for (order, stages) in KERNELS {
            let steps = if let Order::StepAhead(steps) = order { steps } else { 1 };
            let actions = schedule(order, stages, 37);
            for block in 0..37 {
                let reads = actions
                    .iter()
                    .filter(|a| matches!(a, Action::Read { block: b, .. } if *b == block))
                    .count();
                assert_eq!(reads as u32, steps, "{order:?} block {block}");
            }
        }
    }

    /// The next block's copies are under way while a block is computed: that is what the ring is for.
    #[test]
    fn copies_run_ahead_by_all_stages_but_one() {
        for (order, stages) in KERNELS {
            let actions = schedule(order, stages, 50);
            let copied = actions
                .iter()
                .position(|a| matches!(a, Action::Copy { block: 20, .. }))
                .expect("is there");
            let read = actions
                .iter()
                .position(|a| matches!(a, Action::Read { block: 20, .. }))
                .expect("is there");
            let barriers = actions[copied..read].iter().filter(|a| **a == Action::Barrier).count();
            assert_eq!(barriers as u32, stages - 1, "{order:?}");
        }
    }

    #[test]
    fn a_wait_for_too_few_groups_is_found() {
        for (order, stages) in KERNELS {
            let mut actions = schedule(order, stages, 20);
            for action in &mut actions {
                if let Action::Wait(left) = action {
                    *left += 1;
                }
            }
            assert!(
                matches!(check(&actions, stages), Err(Fault::ReadTooEarly(_))),
                "{order:?}"
            );
        }
    }

    #[test]
    fn a_missing_barrier_is_found() {
        for (order, stages) in KERNELS {
            let actions = schedule(order, stages, 20);
            let barriers: Vec<_> = (0..actions.len()).filter(|i| actions[*i] == Action::Barrier).collect();
            for missing in &barriers[..barriers.len() - 1] {
                let mut actions = actions.clone();
                actions.remove(*missing);
                assert!(
                    check(&actions, stages).is_err(),
                    "{order:?} without the barrier at {missing}"
                );
            }
        }
    }

    #[test]
    fn a_copy_before_the_barrier_overwrites_what_is_still_read() {
        let mut actions = schedule(Order::StepAhead(2), 4, 20);
        let barrier = actions.iter().rposition(|a| *a == Action::Barrier).expect("is there") - 8;
        let late = (barrier..actions.len()).find(|i| matches!(actions[*i], Action::Copy { .. }));
        assert!(late.is_none(), "the tail has no copies");
        let copy = actions
            .iter()
            .rposition(|a| matches!(a, Action::Copy { .. }))
            .expect("is there");
        let before = actions[..copy]
            .iter()
            .rposition(|a| *a == Action::Barrier)
            .expect("is there");
        let moved = actions.remove(copy);
        actions.insert(before, moved);
        assert!(matches!(check(&actions, 4), Err(Fault::OverwrittenTooEarly(19))));
    }
}
