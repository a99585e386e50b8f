//! Modules, functions, launches.

use super::{Driver, Op};
use crate::error::{Answer, CuError, refuse};
use crate::image::Image;
use crate::kernel::check::{self, Launched, shared_opt_in};
use crate::kernel::{Shape, decode};
use crate::scenario::Fault;
use gridproof_probe_kernels::Arch;
use gridproof_probe_kernels::abi::Tile;

/// A loaded image.
#[derive(Clone, Debug)]
pub struct Module {
    device: usize,
    image: Image,
}

/// A kernel of a module.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its GPU.
    pub device: usize,
    /// Name.
    pub name: String,
    /// Target of its image.
    pub arch: String,
    /// Launch shape of a product, when the table of tiles has one.
    pub tile: Option<Tile>,
    /// Dynamic shared memory that was opted in, bytes.
    pub opted_in: u32,
    module: u64,
}

impl Driver {
    /// Loads an image on a GPU, if it is for it.
    pub fn load_module(&mut self, device: usize, bytes: Vec<u8>) -> Answer<u64> {
        let image = Image::parse(bytes)?;
        if self.fault() == Some(Fault::OldDriver) {
            return Err(if image.is_ptx() {
                CuError::UNSUPPORTED_PTX_VERSION
            } else {
                CuError::NO_BINARY_FOR_GPU
            });
        }
        if !image.loads_on(self.devices[device].scenario.real.capability) {
            return Err(CuError::NO_BINARY_FOR_GPU);
        }
        let handle = self.handle();
        self.modules.insert(handle, Module { device, image });
        Ok(handle)
    }

    /// Unloads a module and its functions.
    pub fn unload_module(&mut self, handle: u64) -> Answer<()> {
        self.modules.remove(&handle).ok_or(CuError::INVALID_HANDLE)?;
        self.functions.retain(|_, function| function.module != handle);
        Ok(())
    }

    /// A kernel by name.
    pub fn function(&mut self, module: u64, name: &str) -> Answer<u64> {
        let loaded = self.modules.get(&module).ok_or(CuError::INVALID_HANDLE)?;
        if !loaded.image.holds(name) {
            return Err(CuError::NOT_FOUND);
        }
        let arch = loaded.image.arch.clone();
        let tile = arch
            .parse::<Arch>()
            .ok()
            .and_then(|arch| gridproof_probe_kernels::tile(arch, name));
        let function = Function {
            device: loaded.device,
            name: name.to_owned(),
            arch,
            tile,
            opted_in: 0,
            module,
        };
        let handle = self.handle();
        self.functions.insert(handle, function);
        Ok(handle)
    }

    /// Facts of a function.
    pub fn function_facts(&self, handle: u64) -> Answer<&Function> {
        self.functions.get(&handle).ok_or(CuError::INVALID_HANDLE)
    }

    /// Attributes of a function by number (`CUfunction_attribute`).
    pub fn function_attribute(&self, handle: u64, attribute: u32) -> Answer<i32> {
        let function = self.function_facts(handle)?;
        let product = function.name.starts_with("gp_gemm_");
        let digits: String = function.arch.chars().filter(char::is_ascii_digit).collect();
        let version = digits.parse().unwrap_or(0);
        Ok(match attribute {
            0 => function.tile.map_or(1024, |tile| tile.threads as i32),
            1 if function.name == "gp_chase_map" => 48 << 10,
            1..=3 => 0,
            4 => {
                if product {
                    168
                } else {
                    32
                }
            }
            5 | 6 => version,
            7 => 0,
            8 => function.opted_in.max(48 << 10) as i32,
            9..=15 => 0,
            _ => return Err(CuError::INVALID_VALUE),
        })
    }

    /// Sets an attribute of a function; only the dynamic shared memory matters.
    pub fn set_function_attribute(&mut self, handle: u64, attribute: u32, value: i32) -> Answer<()> {
        const MAX_DYNAMIC_SHARED: u32 = 8;
        let function = self.functions.get_mut(&handle).ok_or(CuError::INVALID_HANDLE)?;
        if attribute != MAX_DYNAMIC_SHARED {
            return if matches!(attribute, 9..=15) {
                Ok(())
            } else {
                Err(CuError::INVALID_VALUE)
            };
        }
        let most = shared_opt_in(self.devices[function.device].scenario.real.capability);
        match u32::try_from(value) {
            Ok(bytes) if bytes <= most => function.opted_in = bytes,
            _ => {
                let name = &function.name;
                return refuse(
                    CuError::INVALID_VALUE,
                    format_args!("{name}: {value} bytes of shared memory of {most}"),
                );
            }
        }
        Ok(())
    }

    /// Blocks of a function that fit one multiprocessor, by threads and shared memory.
    pub fn occupancy(&self, handle: u64, threads: u32, shared: u64) -> Answer<i32> {
        let function = self.function_facts(handle)?;
        if threads == 0 || threads > 1024 {
            return Err(CuError::INVALID_VALUE);
        }
        let room = u64::from(shared_opt_in(self.devices[function.device].scenario.real.capability)) + 1024;
        let by_shared = room / (shared + 1024);
        Ok(u64::from(2048 / threads).min(by_shared).min(32) as i32)
    }

    /// Launches a function.
    pub fn launch(&mut self, handle: u64, shape: Shape, key: u64, fetch: decode::Fetch<'_>) -> Answer<()> {
        let function = self.function_facts(handle)?;
        let device = self.stream(key)?.device;
        if function.device != device {
            return refuse(CuError::INVALID_HANDLE, "function and stream are of different GPUs");
        }
        let kernel = decode::decode(&function.name, check::boxes(function.tile), fetch)?;
        let gpu = &self.devices[device].scenario.real;
        let launched = Launched {
            name: &function.name,
            tile: function.tile,
            opted_in: function.opted_in,
            most: shared_opt_in(gpu.capability),
        };
        check::check(&kernel, shape, launched, gpu)?;
        self.enqueue(key, Op::Launch(kernel, shape))
    }
}
