//! A report from bytes that anyone may have written.

use super::{Report, SCHEMA};
use crate::{models::Models, samples::Samples, verdict::judge};
use serde::{Deserialize, Deserializer, de::Error as _};

/// Longest report, bytes: eight GPUs with all raw samples are about 1 MB.
pub const MAX_REPORT_BYTES: usize = 16 << 20;
/// Most GPUs of one node.
pub const MAX_GPUS: usize = 64;
/// Figures may differ from the recomputed ones by this share: JSON keeps every bit, other writers may round.
const FIGURE_TOLERANCE: f64 = 1e-9;

/// Why bytes are no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Longer than [`MAX_REPORT_BYTES`].
    #[error("the report has {0} bytes, more than {MAX_REPORT_BYTES}")]
    TooLong(usize),
    /// Not JSON, or not of this form: an unknown or missing field, samples whose figures do not follow from their values.
    #[error("not a report: {0}")]
    Form(#[from] serde_json::Error),
    /// Of another form.
    #[error("the report's form is {0:?}, not {SCHEMA:?}")]
    Schema(String),
    /// More than [`MAX_GPUS`].
    #[error("the report has {0} GPUs, more than {MAX_GPUS}")]
    TooManyGpus(usize),
    /// Two GPUs with one ordinal.
    #[error("the report has GPU {0} twice")]
    RepeatedGpu(u32),
}

impl Report {
    /// A report from its bytes. Refused are: more than [`MAX_REPORT_BYTES`], another form, unknown fields, numbers that are
    /// not finite, samples whose figures do not follow from their values.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ReportError> {
        #[derive(Deserialize)]
        struct Head {
            schema: String,
        }
        if bytes.len() > MAX_REPORT_BYTES {
            return Err(ReportError::TooLong(bytes.len()));
        }
        // The form is named first, so that a report of a later form is not blamed for its fields.
        let head: Head = serde_json::from_slice(bytes)?;
        if head.schema != SCHEMA {
            return Err(ReportError::Schema(head.schema.chars().take(100).collect()));
        }
        let report: Self = serde_json::from_slice(bytes)?;
        if report.gpus.len() > MAX_GPUS {
            return Err(ReportError::TooManyGpus(report.gpus.len()));
        }
        let mut ordinals: Vec<u32> = report.gpus.iter().map(|gpu| gpu.inventory.ordinal).collect();
        ordinals.sort_unstable();
        if let Some(pair) = ordinals.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(ReportError::RepeatedGpu(pair[0]));
        }
        Ok(report)
    }

    /// The same report with every verdict made anew from its measurements. A report that is unlike this was changed after it
    /// was judged, or judged by another table: compare [`Report::models_sha256`] with [`Models::sha256`].
    pub fn judge_again(&self, models: &Models) -> Self {
        let mut again = self.clone();
        models.sha256().clone_into(&mut again.models_sha256);
        for gpu in &mut again.gpus {
            gpu.verdict = judge(models, &gpu.inventory, gpu.claimed_model.as_deref(), &gpu.measurements);
        }
        again
    }
}

/// Only samples whose figures follow from their values are samples.
impl<'de> Deserialize<'de> for Samples {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let stated = Stated::deserialize(deserializer)?;
        let samples = Self::new(stated.unit, stated.values).ok_or_else(|| D::Error::custom("no samples"))?;
        for (name, stated, follows) in [
            ("min", stated.min, samples.min),
            ("median", stated.median, samples.median),
            ("p90", stated.p90, samples.p90),
            ("p95", stated.p95, samples.p95),
            ("max", stated.max, samples.max),
            ("mad", stated.mad, samples.mad),
        ] {
            // Deviations are differences of values, so their rounding is as large as the values'.
            let scale = samples.max.abs().max(samples.min.abs());
            let follow = (stated - follows).abs() <= FIGURE_TOLERANCE * scale;
            if !follow {
                return Err(D::Error::custom(format_args!(
                    "{name} is {stated}, the values give {follows}"
                )));
            }
        }
        Ok(samples)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stated {
    unit: crate::samples::Unit,
    min: f64,
    median: f64,
    p90: f64,
    p95: f64,
    max: f64,
    mad: f64,
    values: Vec<f64>,
}

#[cfg(test)]
mod tests;
