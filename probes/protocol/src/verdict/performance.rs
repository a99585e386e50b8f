//! How fast is it? Sustained figures against the model's reference.

use super::{
    Grade, Graded, Performance, bands,
    evidence::{is_native, sixteen_bit},
};
use crate::{
    models::{Model, Reference},
    report::{Measurements, Outcome, Precision},
    samples::Unit,
};

/// The grade of `measured / reference`; F for a ratio that is no number.
pub(super) fn grade(ratio: f64) -> Grade {
    bands::GRADES
        .into_iter()
        .find(|(least, _)| ratio >= *least)
        .map_or(Grade::F, |(_, grade)| grade)
}

fn graded(measured: f64, reference: &Reference, unit: Unit) -> Graded {
    let ratio = bands::figure(measured / reference.value);
    Graded {
        measured: bands::figure(measured),
        reference: reference.value,
        unit,
        ratio,
        grade: grade(ratio),
        provisional: reference.provisional,
    }
}

/// The second verdict; an architecture without a kernel of ours is not measured, never failed.
pub(super) fn perform(model: Option<&Model>, measurements: &Measurements) -> Performance {
    let memory = memory(model, measurements);
    match (compute(model, measurements), memory) {
        (Ok(compute), Some(memory)) => {
            let grade = compute.grade.max(memory.grade);
            Performance::Graded { compute, memory, grade }
        }
        (Ok(_), None) => Performance::NotMeasured {
            reason: "the memory's speed has no sample or no reference".into(),
            memory: None,
        },
        (Err(reason), memory) => Performance::NotMeasured { reason, memory },
    }
}

fn memory(model: Option<&Model>, measurements: &Measurements) -> Option<Graded> {
    let reference = model?.reference.memory_gbps.as_ref()?;
    let read = measurements.bandwidth.measured()?.read.median;
    Some(graded(read, reference, Unit::GigabytePerSecond))
}

fn compute(model: Option<&Model>, measurements: &Measurements) -> Result<Graded, String> {
    let sustained = match &measurements.sustained {
        Outcome::Measured { result } => result,
        Outcome::NotMeasured { reason } => return Err(reason.clone()),
        Outcome::Failed { error } => return Err(format!("the sustained run failed: {error}")),
    };
    if !matches!(sustained.precision, Precision::Bf16 | Precision::Fp16) {
        return Err("the sustained run was not of a 16-bit product".into());
    }
    if sixteen_bit(measurements).is_some_and(|gemm| !is_native(&gemm.kernel)) {
        return Err("only code of an older architecture ran; it does not show what this one can do".into());
    }
    let model = model.ok_or("the table does not know the model")?;
    let reference = model
        .reference
        .compute_tflops
        .as_ref()
        .ok_or("the table has no reference for the model")?;
    Ok(graded(sustained.tflops.median, reference, Unit::TeraFlopPerSecond))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grades_begin_at_their_limits() {
        let limits = [(0.92, Grade::A), (0.85, Grade::B), (0.75, Grade::C), (0.60, Grade::D)];
        let mut better = Grade::A;
        for (least, expected) in limits {
            assert_eq!(grade(least), expected);
            assert!(grade(f64::next_down(least)) > expected);
            assert!(expected >= better);
            better = expected;
        }
        assert_eq!(
            (grade(2.0), grade(0.0), grade(f64::NAN)),
            (Grade::A, Grade::F, Grade::F)
        );
    }
}
