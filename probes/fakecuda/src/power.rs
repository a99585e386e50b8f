//! Clock, power and temperature of a GPU over its virtual time, as load, limits and heat make them.

use crate::scenario::Scenario;
use std::collections::VecDeque;

/// Kind of work that occupies a GPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// Nothing.
    Idle,
    /// A few blocks, copies over the bus.
    Light,
    /// Streaming memory.
    Memory,
    /// Multiply-adds from registers.
    Arithmetic,
    /// Tensor products.
    Tensor,
}

/// What sensors say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// Clock of the multiprocessors, MHz.
    pub clock_mhz: f64,
    /// Power, W.
    pub watts: f64,
    /// Temperature, °C.
    pub celsius: f64,
    /// Bits of `nvmlClocksThrottleReason*`.
    pub reasons: u64,
}

#[derive(Clone, Copy, Debug)]
struct Segment {
    start: u64,
    end: u64,
    load: Load,
    reading: Reading,
}

/// Share of the idle time that counts against heat.
const COOLING: f64 = 0.5;
/// Clock under thermal throttling, share of the normal one.
const THROTTLED: f64 = 0.55;
/// Watts that do not depend on the clock.
const STATIC_SHARE: f64 = 0.12;

/// State of one GPU.
#[derive(Debug)]
pub struct Power {
    boost: f64,
    tensor: f64,
    watts: f64,
    limit: f64,
    throttle_after: Option<f64>,
    heat_s: f64,
    heat_at: u64,
    segments: VecDeque<Segment>,
    /// Joules of what is no longer in `segments`, up to `counted_to`.
    joules: f64,
    counted_to: u64,
}

impl Power {
    /// Cold and idle at time 0.
    pub fn new(scenario: &Scenario) -> Self {
        let (watts, limit) = (f64::from(scenario.real.watts), f64::from(scenario.power_limit_w));
        let limit = if scenario.power_limit_w == scenario.claim.watts {
            watts
        } else {
            limit
        };
        // Power falls with about the square of the clock, since the voltage falls with it.
        let room = ((limit / watts - STATIC_SHARE) / (1.0 - STATIC_SHARE)).clamp(0.02, 1.0);
        Self {
            boost: scenario.real.boost_mhz,
            tensor: (scenario.real.tensor_mhz * scenario.silicon * room.powf(0.45)).min(scenario.real.boost_mhz),
            watts,
            limit,
            throttle_after: scenario.throttle_after_s,
            heat_s: 0.0,
            heat_at: 0,
            segments: VecDeque::new(),
            joules: 0.0,
            counted_to: 0,
        }
    }

    /// Clock of a load that begins at `start` (ns).
    pub fn clock_mhz(&mut self, load: Load, start: u64) -> f64 {
        self.reading(load, start).clock_mhz
    }

    fn reading(&mut self, load: Load, at: u64) -> Reading {
        let throttled = self.throttle_after.is_some_and(|after| self.heat(at) >= after);
        let (clock, share, mut reasons) = match load {
            Load::Idle => (self.boost * 0.17, 0.10, 1),
            Load::Light => (self.boost, 0.20, 0),
            Load::Memory => (self.boost, 0.65, 0),
            Load::Arithmetic => (self.boost * 0.97, 0.75, 0),
            // Products are limited by power on these boards even at the default limit.
            Load::Tensor => (self.tensor, 0.99, if self.tensor < self.boost { 4 } else { 0 }),
        };
        let mut watts = (share * self.watts).min(self.limit * 0.99);
        let mut clock = clock;
        if throttled && load != Load::Idle {
            clock *= THROTTLED;
            watts *= 0.5;
            reasons = 0x20 | 0x40 | 0x8;
        }
        let heat = self.heat(at).min(60.0);
        let celsius = if throttled {
            92.0
        } else {
            34.0 + 32.0 * (1.0 - (-heat / 15.0).exp())
        };
        Reading {
            clock_mhz: clock,
            watts,
            celsius,
            reasons,
        }
    }

    fn heat(&self, at: u64) -> f64 {
        let idle = at.saturating_sub(self.heat_at) as f64 * 1e-9;
        (self.heat_s - COOLING * idle).max(0.0)
    }

    /// Notes that `load` ran from `start` to `end` (ns).
    pub fn note(&mut self, load: Load, start: u64, end: u64) {
        let reading = self.reading(load, start);
        let seconds = end.saturating_sub(start) as f64 * 1e-9;
        let weight = match load {
            Load::Tensor => 1.0,
            Load::Arithmetic => 0.7,
            Load::Memory => 0.5,
            Load::Light | Load::Idle => 0.0,
        };
        if weight > 0.0 {
            self.heat_s = self.heat(start.max(self.heat_at)) + weight * seconds;
            self.heat_at = self.heat_at.max(end);
        }
        match self.segments.back_mut() {
            // Short pauses between launches do not show in the sensors.
            Some(last)
                if last.load == load
                    && start.saturating_sub(last.end) < 2_000_000
                    && last.reading.clock_mhz == reading.clock_mhz
                    && end.saturating_sub(last.start) < 100_000_000 =>
            {
                last.end = last.end.max(end);
            }
            _ => self.segments.push_back(Segment {
                start,
                end,
                load,
                reading,
            }),
        }
    }

    /// What the sensors say at `now`.
    pub fn at(&mut self, now: u64) -> Reading {
        self.count_to(now);
        let running = self
            .segments
            .iter()
            .rfind(|s| s.start <= now && now < s.end + 2_000_000);
        match running.copied() {
            Some(segment) => segment.reading,
            None => self.reading(Load::Idle, now),
        }
    }

    /// Energy from time 0 to `now`, J.
    pub fn joules(&mut self, now: u64) -> f64 {
        self.count_to(now);
        self.joules
    }

    /// Adds the energy up to `now` and forgets segments that ended long ago.
    fn count_to(&mut self, now: u64) {
        if now <= self.counted_to {
            return;
        }
        let idle_watts = 0.10 * self.watts;
        let mut joules = (now - self.counted_to) as f64 * 1e-9 * idle_watts;
        for segment in &self.segments {
            let (start, end) = (segment.start.max(self.counted_to), segment.end.min(now));
            joules += end.saturating_sub(start) as f64 * 1e-9 * (segment.reading.watts - idle_watts);
        }
        self.joules += joules;
        self.counted_to = now;
        while self
            .segments
            .front()
            .is_some_and(|segment| segment.end + 10_000_000_000 < now)
        {
            self.segments.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::named;

    const S: u64 = 1_000_000_000;

    #[test]
    fn a_cap_lowers_the_clock_of_products_and_not_of_reading() {
        let mut honest = Power::new(&named("h100-sxm").unwrap());
        let mut capped = Power::new(&named("capped-300w").unwrap());
        assert!(capped.clock_mhz(Load::Tensor, 0) < 0.75 * honest.clock_mhz(Load::Tensor, 0));
        assert_eq!(capped.clock_mhz(Load::Memory, 0), honest.clock_mhz(Load::Memory, 0));
        capped.note(Load::Tensor, 0, S);
        assert!(capped.at(S / 2).watts <= 300.0);
        assert_eq!(capped.at(S / 2).reasons, 4);
    }

    #[test]
    fn the_clock_falls_after_the_seconds_of_load_and_the_sensors_say_why() {
        let mut power = Power::new(&named("throttles-after-20s").unwrap());
        let cold = power.clock_mhz(Load::Tensor, 0);
        for second in 0..25 {
            power.note(Load::Tensor, second * S, (second + 1) * S);
        }
        assert_eq!(power.at(10 * S).clock_mhz, cold);
        let hot = power.at(24 * S + S / 2);
        assert!(
            hot.clock_mhz < 0.6 * cold && hot.reasons & 0x40 != 0 && hot.celsius > 90.0,
            "{hot:?}"
        );
    }

    #[test]
    fn energy_is_the_sum_of_power_over_time() {
        let mut power = Power::new(&named("h100-sxm").unwrap());
        power.note(Load::Tensor, S, 2 * S);
        let joules = power.joules(3 * S);
        assert!((joules - (0.1 * 700.0 * 2.0 + 0.99 * 700.0)).abs() < 1.0, "{joules}");
    }
}
