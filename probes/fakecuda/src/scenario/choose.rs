//! Choice of the scenario by environment.

use super::{Scenario, named};

/// What the environment asks for.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The scenario.
    pub scenario: Scenario,
    /// GPUs of the node.
    pub count: usize,
    /// Seed of noise and of serial numbers.
    pub seed: u64,
    /// Launches of one GPU after which a fault of that kind sets in.
    pub after_launches: Option<u64>,
    /// Indices of GPUs that CUDA shows, in its order.
    pub visible: Option<Vec<usize>>,
}

impl Settings {
    /// One GPU of the scenario `name`, seed 1.
    ///
    /// # Errors
    /// See [`named`].
    pub fn of(name: &str) -> Result<Self, String> {
        Ok(Self {
            scenario: named(name)?,
            count: 1,
            seed: 1,
            after_launches: None,
            visible: None,
        })
    }
}

/// Reads `GRIDPROOF_FAKE_GPU` (default h100-sxm), `…_COUNT`, `…_SEED`, `…_THROTTLE_AFTER_S`, `…_AFTER_LAUNCHES` and
/// `CUDA_VISIBLE_DEVICES` (indices only).
///
/// # Errors
/// What is wrong, in words.
pub fn from_environment(get: impl Fn(&str) -> Option<String>) -> Result<Settings, String> {
    let mut settings = Settings::of(get("GRIDPROOF_FAKE_GPU").as_deref().unwrap_or("h100-sxm"))?;
    settings.count = number(&get, "GRIDPROOF_FAKE_COUNT")?.unwrap_or(1_usize);
    if settings.count > 16 {
        return Err(format!("GRIDPROOF_FAKE_COUNT is {}: at most 16", settings.count));
    }
    settings.seed = number(&get, "GRIDPROOF_FAKE_SEED")?.unwrap_or(1);
    settings.after_launches = number(&get, "GRIDPROOF_FAKE_AFTER_LAUNCHES")?;
    let throttle: Option<f64> = number(&get, "GRIDPROOF_FAKE_THROTTLE_AFTER_S")?;
    if settings.scenario.throttle_after_s.is_some() {
        settings.scenario.throttle_after_s = throttle.or(settings.scenario.throttle_after_s);
    }
    settings.visible = get("CUDA_VISIBLE_DEVICES").map(|list| visible(&list, settings.count));
    Ok(settings)
}

/// As the driver reads it: up to the first entry that is no index of a GPU.
fn visible(list: &str, count: usize) -> Vec<usize> {
    list.split(',')
        .map_while(|entry| entry.trim().parse().ok().filter(|index| *index < count))
        .collect()
}

fn number<T: std::str::FromStr>(get: &impl Fn(&str) -> Option<String>, key: &str) -> Result<Option<T>, String> {
    get(key)
        .map(|text| text.parse().map_err(|_| format!("{key} is no number: {text}")))
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_throttle_setting_touches_only_a_scenario_that_throttles() {
        let ask = |gpu: &'static str| {
            from_environment(move |key| match key {
                "GRIDPROOF_FAKE_GPU" => Some(gpu.to_owned()),
                "GRIDPROOF_FAKE_THROTTLE_AFTER_S" => Some("3".to_owned()),
                "CUDA_VISIBLE_DEVICES" => Some("0,7".to_owned()),
                _ => None,
            })
        };
        assert_eq!(ask("throttles-after-20s").unwrap().scenario.throttle_after_s, Some(3.0));
        let honest = ask("h100-sxm").unwrap();
        assert_eq!(honest.scenario.throttle_after_s, None);
        assert_eq!(honest.visible, Some(vec![0]));
        assert!(from_environment(|key| (key == "GRIDPROOF_FAKE_SEED").then(|| "x".to_owned())).is_err());
    }
}
