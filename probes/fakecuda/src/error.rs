//! Error codes of the driver interface.

use std::ffi::CStr;
use std::fmt;

/// A `CUresult` other than success.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CuError(pub u32);

/// Answer of a call.
pub type Answer<T> = Result<T, CuError>;

macro_rules! codes {
    ($($name:ident = $code:literal, $text:literal;)*) => {
        impl CuError {
            $(#[doc = $text] pub const $name: Self = Self($code);)*

            /// Name and description as C strings.
            pub fn texts(self) -> Option<(&'static CStr, &'static CStr)> {
                Some(match self.0 {
                    0 => (c"CUDA_SUCCESS", c"no error"),
                    $($code => (
                        const { terminated(concat!("CUDA_ERROR_", stringify!($name), "\0")) },
                        const { terminated(concat!($text, "\0")) },
                    ),)*
                    _ => return None,
                })
            }
        }
    };
}

codes! {
    INVALID_VALUE = 1, "invalid argument";
    OUT_OF_MEMORY = 2, "out of memory";
    NOT_INITIALIZED = 3, "initialization error";
    DEINITIALIZED = 4, "driver shutting down";
    NO_DEVICE = 100, "no CUDA-capable device is detected";
    INVALID_DEVICE = 101, "invalid device ordinal";
    INVALID_IMAGE = 200, "device kernel image is invalid";
    INVALID_CONTEXT = 201, "invalid device context";
    NO_BINARY_FOR_GPU = 209, "no kernel image is available for execution on the device";
    ECC_UNCORRECTABLE = 214, "uncorrectable ECC error encountered";
    PEER_ACCESS_UNSUPPORTED = 217, "peer access is not supported between these two devices";
    INVALID_PTX = 218, "a PTX JIT compilation failed";
    UNSUPPORTED_PTX_VERSION = 222, "the provided PTX was compiled with an unsupported toolchain.";
    INVALID_HANDLE = 400, "invalid resource handle";
    ILLEGAL_STATE = 401, "the operation cannot be performed in the present state";
    NOT_FOUND = 500, "named symbol not found";
    NOT_READY = 600, "device not ready";
    ILLEGAL_ADDRESS = 700, "an illegal memory access was encountered";
    LAUNCH_OUT_OF_RESOURCES = 701, "too many resources requested for launch";
    PEER_ACCESS_ALREADY_ENABLED = 704, "peer access is already enabled";
    PEER_ACCESS_NOT_ENABLED = 705, "peer access has not been enabled";
    MISALIGNED_ADDRESS = 716, "misaligned address";
    LAUNCH_FAILED = 719, "unspecified launch failure";
    NOT_SUPPORTED = 801, "operation not supported";
    STREAM_CAPTURE_UNSUPPORTED = 900, "operation not permitted when stream is capturing";
    UNKNOWN = 999, "unknown error";
}

const fn terminated(text: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(text.as_bytes()) {
        Ok(text) => text,
        Err(_) => panic!("a text has a zero byte only at its end"),
    }
}

impl fmt::Debug for CuError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.texts() {
            Some((name, _)) => write!(f, "{}", name.to_string_lossy()),
            None => write!(f, "CUresult {}", self.0),
        }
    }
}

/// Says on standard error why the caller gets `code`: this driver checks its callers, and a bare code names no kernel.
pub fn refuse<T>(code: CuError, why: impl fmt::Display) -> Answer<T> {
    eprintln!("gridproof-fakecuda: {code:?}: {why}");
    Err(code)
}
