//! The committed images load where they should, whole, with all their kernels.
#![allow(unsafe_code, clippy::unwrap_used)]

mod common;

use common::open;
use gridproof_fakecuda::ffi::cuda_module::{cuModuleGetFunction, cuModuleLoadData};
use gridproof_fakecuda::image::Image;
use gridproof_probe_kernels::{Set, images, tile};

const NO_BINARY_FOR_GPU: u32 = 209;

#[test]
fn each_image_is_read_as_what_it_was_compiled_for() {
    assert!(!images().is_empty());
    for image in images() {
        let parsed = Image::parse(image.bytes.to_vec()).unwrap();
        assert_eq!(parsed.arch, image.arch.name(), "{}", image.file);
        for gemm in gridproof_probe_kernels::abi::GEMMS {
            let expected = image.set == Set::Gemm && tile(image.arch, gemm.name).is_some();
            assert_eq!(parsed.holds(gemm.name), expected, "{} of {}", gemm.name, image.file);
        }
        assert_eq!(parsed.holds("gp_census"), image.set == Set::Misc, "{}", image.file);
    }
}

#[test]
fn an_h100_takes_its_own_images_and_intermediate_code_only() {
    let _gpu = open("h100-sxm");
    for image in images() {
        // Text ends with the zero that the compiler wrote; machine code says its length itself.
        let mut module = 0;
        // SAFETY: a whole image.
        let code = unsafe { cuModuleLoadData(&raw mut module, image.bytes.as_ptr()) };
        let fits = matches!(image.arch.name(), "sm_90a" | "compute_80");
        assert_eq!(code, if fits { 0 } else { NO_BINARY_FOR_GPU }, "{}", image.file);
        if fits && image.set == Set::Misc {
            let mut function = 0;
            // SAFETY: a C string, a local.
            assert_eq!(
                unsafe { cuModuleGetFunction(&raw mut function, module, c"gp_heartbeat".as_ptr()) },
                0
            );
        }
    }
}
