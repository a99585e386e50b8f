//! Which kernel is blamed, with shell scripts in the place of workers.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::measure::kernels::Case;
use crate::supervise::show::Silence;
use crate::worker::wire::FailureKind;

fn say(event: &Event) -> String {
    format!("echo '{}'\n", serde_json::to_string(event).unwrap())
}

fn plan() -> String {
    say(&Event::Planned {
        planned: Box::new(Planned {
            gpu: "a GPU".to_owned(),
            capability: (9, 0),
            multiprocessors: 132,
            cuda_version: 13_000,
            images: vec![],
            opening_seconds: 0.1,
            kernels: ["one", "two", "three"].map(str::to_owned).to_vec(),
        }),
    })
}

fn step(name: &str, within_ms: u64) -> String {
    say(&Event::Step {
        name: name.to_owned(),
        expected_ms: 1,
        within_ms,
    })
}

fn right(name: &str) -> String {
    let checked = Checked {
        kernel: name.to_owned(),
        image: "misc.sm_90a.cubin".to_owned(),
        ending: Ending::Ran {
            cases: vec![Case {
                shape: "1".to_owned(),
                difference: None,
            }],
        },
        seconds: 0.1,
    };
    step(name, 60_000)
        + &say(&Event::Kernel {
            checked: Box::new(checked),
        })
}

/// Checks all kernels with a script in the place of the worker.
fn run_script(script: String) -> Outcome {
    let command = WorkerCommand {
        program: "/bin/sh".into(),
        arguments: vec!["-c".into(), script.into()],
    };
    let selection = Selection {
        device: 0,
        image: None,
        only: None,
        large: false,
        done: vec![],
    };
    check(&selection, (&command, &Interrupt::default()), &mut Silence).unwrap()
}

/// The script sees in its job which kernels are done; `two` is where it goes wrong.
fn run(two: &str) -> Outcome {
    let all = plan() + &right("one") + two;
    let after = plan() + &right("three") + &say(&Event::Done);
    let script = format!("read job\ncase \"$job\" in\n*'\"two\"'*)\n{after};;\n*)\n{all};;\nesac\n");
    run_script(script)
}

fn is_right(checked: &Checked) -> bool {
    matches!(&checked.ending, Ending::Ran { .. })
}

#[test]
fn a_kernel_that_hangs_is_blamed_and_the_next_process_goes_on_after_it() {
    let outcome = run(&(step("two", 300) + "sleep 60\n"));
    assert!(is_right(&outcome.kernels[0]) && is_right(&outcome.kernels[2]));
    assert!(
        matches!(&outcome.kernels[1].ending, Ending::Failed { error } if error.contains("hangs")),
        "{outcome:?}"
    );
    assert_eq!(outcome.trouble, None, "the last process ended as it should");
}

#[test]
fn a_kernel_that_kills_its_process_is_blamed_too() {
    let outcome = run(&(step("two", 60_000) + "kill -SEGV $$\n"));
    assert!(is_right(&outcome.kernels[2]));
    assert!(matches!(&outcome.kernels[1].ending, Ending::Failed { error } if error.contains("SIGSEGV")));
}

#[test]
fn a_gpu_that_is_gone_leaves_the_rest_not_run() {
    let lost = Event::Failed {
        kind: FailureKind::GpuLost,
        error: "gone".to_owned(),
    };
    // Between two kernels: nobody is to blame, and the second process cannot even open the GPU.
    let script = format!(
        "read job\ncase \"$job\" in\n*'\"one\"'*)\n{};;\n*)\n{}{}{};;\nesac\n",
        say(&lost),
        plan(),
        right("one"),
        say(&lost)
    );
    let outcome = run_script(script);
    assert!(is_right(&outcome.kernels[0]));
    for left in &outcome.kernels[1..] {
        assert!(
            matches!(&left.ending, Ending::NotRun { reason } if reason.contains("gone")),
            "{left:?}"
        );
    }
    assert!(outcome.trouble.is_some());
}

#[test]
fn a_result_of_a_kernel_that_does_not_run_is_refused() {
    let outcome = run(&(step("two", 60_000) + &right("three").lines().last().map(|line| format!("{line}\n")).unwrap()));
    assert!(matches!(&outcome.kernels[1].ending, Ending::Failed { error } if error.contains("another kernel")));
}

#[test]
fn a_second_result_of_a_kernel_is_refused_and_does_not_stand_for_another() {
    let outcome = run(&(right("one") + &right("two") + &right("three") + &say(&Event::Done)));
    let names: Vec<&str> = outcome.kernels.iter().map(|checked| checked.kernel.as_str()).collect();
    assert_eq!(names, ["one", "two", "three"]);
    assert!(
        matches!(&outcome.kernels[1].ending, Ending::NotRun { reason } if reason.contains("second one")),
        "{outcome:?}"
    );
}
