//! NVML: calls that this driver does not model.
#![allow(missing_docs)]

use super::nvml_system::{NOT_SUPPORTED, Return};

/// The arguments are not looked at, so the functions take none: a caller's registers and stack stay as they are.
macro_rules! unsupported {
    ($($name:ident)*) => {
        $(#[unsafe(no_mangle)]
        pub extern "C" fn $name() -> Return {
            NOT_SUPPORTED
        })*
    };
}

unsupported! {
    nvmlDeviceGetAttributes_v2 nvmlDeviceGetBAR1MemoryInfo nvmlDeviceGetApplicationsClock
    nvmlDeviceGetDefaultApplicationsClock nvmlDeviceGetMaxCustomerBoostClock nvmlDeviceGetFanSpeed
    nvmlDeviceGetFanSpeed_v2 nvmlDeviceGetFieldValues nvmlDeviceGetRetiredPages nvmlDeviceGetRetiredPages_v2
    nvmlDeviceGetDetailedEccErrors nvmlDeviceGetMemoryErrorCounter nvmlDeviceGetPcieThroughput
    nvmlDeviceGetPcieReplayCounter nvmlDeviceGetPcieSpeed nvmlDeviceGetPcieLinkMaxSpeed nvmlDeviceGetViolationStatus
    nvmlDeviceGetSamples nvmlDeviceGetMigDeviceHandleByIndex nvmlDeviceGetNvLinkVersion nvmlDeviceGetNvLinkCapability
    nvmlDeviceGetNvLinkRemotePciInfo_v2 nvmlDeviceGetNvLinkErrorCounter nvmlDeviceGetP2PStatus
    nvmlDeviceGetTopologyCommonAncestor nvmlDeviceGetSupportedMemoryClocks nvmlDeviceGetSupportedGraphicsClocks
    nvmlDeviceGetMPSComputeRunningProcesses_v3 nvmlDeviceGetProcessUtilization nvmlDeviceGetInforomVersion
    nvmlDeviceGetInforomImageVersion nvmlDeviceGetVirtualizationMode nvmlDeviceGetPowerManagementMode
    nvmlDeviceGetPowerState nvmlDeviceGetPowerSource nvmlDeviceGetBusType nvmlDeviceGetIrqNum
    nvmlDeviceGetGspFirmwareMode nvmlDeviceGetGspFirmwareVersion nvmlDeviceGetNumaNodeId nvmlDeviceGetEncoderUtilization
    nvmlDeviceGetDecoderUtilization nvmlDeviceGetDriverModel nvmlDeviceGetGpuOperationMode
    nvmlDeviceGetAutoBoostedClocksEnabled nvmlDeviceGetAPIRestriction nvmlDeviceGetBridgeChipInfo
    nvmlSystemGetConfComputeState nvmlSystemGetConfComputeCapabilities nvmlSystemGetConfComputeSettings
    nvmlSystemGetProcessName nvmlDeviceGetRemappedRows nvmlDeviceGetGpuInstanceId nvmlDeviceGetComputeInstanceId
    nvmlDeviceGetDeviceHandleFromMigDeviceHandle nvmlGpmQueryDeviceSupport nvmlEventSetCreate
    nvmlDeviceRegisterEvents nvmlDeviceGetSupportedEventTypes nvmlSystemGetHicVersion
}
