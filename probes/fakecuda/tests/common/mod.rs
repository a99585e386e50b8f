//! The C functions with a context, for one test at a time.
#![allow(unsafe_code, dead_code, unreachable_pub, clippy::unwrap_used, missing_docs)]

use gridproof_fakecuda::ffi::{cuda_copy::*, cuda_device::*, cuda_memory::*, cuda_module::*, cuda_stream::*};
use gridproof_fakecuda::image::for_tests;
use gridproof_fakecuda::scenario::Settings;
use gridproof_fakecuda::state;
use std::ffi::{CString, c_void};
use std::sync::{Mutex, MutexGuard, PoisonError};

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Kernels of the image that the tests load.
const KERNELS: &[&str] = &[
    "gp_noop",
    "gp_blocker",
    "gp_fill",
    "gp_verify",
    "gp_linear_fill",
    "gp_read",
    "gp_write",
    "gp_copy",
    "gp_fill_integers",
    "gp_fill_normal",
    "gp_ring",
    "gp_chase",
    "gp_chase_map",
    "gp_census",
    "gp_heartbeat",
    "gp_fma_f32",
    "gp_fma_f64",
    "gp_gemm_bf16_f32",
    "gp_gemm_bf16_bf16",
    "gp_gemm_s8_s32",
    "gp_gemm_f64_f64",
    "gp_triad",
];

/// A parameter of a kernel.
pub enum P {
    W(u64),
    U(u32),
    I(i32),
    M([u8; 128]),
}

/// One GPU, initialised, with its context and an image.
pub struct Gpu {
    _alone: MutexGuard<'static, ()>,
    pub module: u64,
}

pub fn open(scenario: &str) -> Gpu {
    let settings = Settings::of(scenario).unwrap();
    open_with(settings)
}

pub fn open_with(settings: Settings) -> Gpu {
    let alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let [major, minor] = settings.scenario.real.capability;
    state::replace(settings);
    state::set_context(0);
    assert_eq!(cuInit(0), 0);
    let mut context = 0;
    // SAFETY: pointers to locals.
    unsafe {
        assert_eq!(cuDevicePrimaryCtxRetain(&raw mut context, 0), 0);
        assert_eq!(cuCtxSetCurrent(context), 0);
    }
    let mut gpu = Gpu {
        _alone: alone,
        module: 0,
    };
    let arch = if major == 9 {
        "sm_90a".to_owned()
    } else {
        format!("sm_{major}{minor}")
    };
    gpu.module = gpu.load(&arch).unwrap();
    gpu
}

fn result<T>(code: u32, value: T) -> Result<T, u32> {
    if code == 0 { Ok(value) } else { Err(code) }
}

impl Gpu {
    pub fn load(&self, arch: &str) -> Result<u64, u32> {
        let image = for_tests(arch, KERNELS);
        let mut module = 0;
        // SAFETY: a whole image.
        result(unsafe { cuModuleLoadData(&raw mut module, image.as_ptr()) }, ()).map(|()| module)
    }

    pub fn function(&self, name: &str) -> Result<u64, u32> {
        let name = CString::new(name).unwrap();
        let mut function = 0;
        // SAFETY: a C string, a local.
        result(
            unsafe { cuModuleGetFunction(&raw mut function, self.module, name.as_ptr()) },
            (),
        )
        .map(|()| function)
    }

    pub fn alloc(&self, bytes: usize) -> Result<u64, u32> {
        let mut pointer = 0;
        // SAFETY: a local.
        result(unsafe { cuMemAlloc_v2(&raw mut pointer, bytes) }, ()).map(|()| pointer)
    }

    pub fn stream(&self) -> u64 {
        let mut stream = 0;
        // SAFETY: a local.
        assert_eq!(unsafe { cuStreamCreate(&raw mut stream, 1) }, 0);
        stream
    }

    pub fn event(&self) -> u64 {
        let mut event = 0;
        // SAFETY: a local.
        assert_eq!(unsafe { cuEventCreate(&raw mut event, 0) }, 0);
        event
    }

    pub fn elapsed_ms(&self, from: u64, to: u64) -> Result<f32, u32> {
        let mut ms = 0.0;
        // SAFETY: a local.
        let code = unsafe { cuEventElapsedTime(&raw mut ms, from, to) };
        result(code, ms)
    }

    pub fn read(&self, from: u64, bytes: usize) -> Result<Vec<u8>, u32> {
        let mut out = vec![0; bytes];
        // SAFETY: the buffer has that length and lives until the call is over.
        let code = unsafe { cuMemcpyDtoH_v2(out.as_mut_ptr(), from, bytes) };
        result(code, out)
    }

    pub fn read_u64(&self, from: u64, count: usize) -> Vec<u64> {
        let bytes = self.read(from, 8 * count).unwrap();
        bytes
            .chunks_exact(8)
            .map(|word| u64::from_le_bytes(word.try_into().unwrap()))
            .collect()
    }

    pub fn write(&self, to: u64, bytes: &[u8]) -> Result<(), u32> {
        // SAFETY: the buffer has that length and lives until the call is over.
        result(
            unsafe { cuMemcpyHtoD_v2(to, bytes.as_ptr().cast_mut(), bytes.len()) },
            (),
        )
    }

    pub fn launch(&self, name: &str, grid: u32, block: u32, stream: u64, parameters: &[P]) -> Result<(), u32> {
        self.launch_shared(name, grid, block, 0, stream, parameters)
    }

    pub fn launch_shared(
        &self,
        name: &str,
        grid: u32,
        block: u32,
        shared: u32,
        stream: u64,
        parameters: &[P],
    ) -> Result<(), u32> {
        self.launch_opted(name, grid, block, [shared, 0], stream, parameters)
    }

    /// `shared`: dynamic shared memory, and how much of it is opted in first.
    pub fn launch_opted(
        &self,
        name: &str,
        grid: u32,
        block: u32,
        [shared, opted]: [u32; 2],
        stream: u64,
        parameters: &[P],
    ) -> Result<(), u32> {
        const MAX_DYNAMIC_SHARED: u32 = 8;
        let function = self.function(name)?;
        if opted > 0 {
            result(cuFuncSetAttribute(function, MAX_DYNAMIC_SHARED, opted as i32), ())?;
        }
        let bytes: Vec<Vec<u8>> = parameters
            .iter()
            .map(|parameter| match parameter {
                P::W(value) => value.to_le_bytes().to_vec(),
                P::U(value) => value.to_le_bytes().to_vec(),
                P::I(value) => value.to_le_bytes().to_vec(),
                P::M(bytes) => bytes.to_vec(),
            })
            .collect();
        let mut pointers: Vec<*mut c_void> = bytes.iter().map(|bytes| bytes.as_ptr().cast_mut().cast()).collect();
        // SAFETY: one pointer for each parameter, of its size.
        let code = unsafe {
            cuLaunchKernel(
                function,
                grid,
                1,
                1,
                block,
                1,
                1,
                shared,
                stream,
                pointers.as_mut_ptr(),
                std::ptr::null_mut(),
            )
        };
        result(code, ())
    }

    pub fn sync(&self, stream: u64) -> Result<(), u32> {
        result(cuStreamSynchronize(stream), ())
    }
}
