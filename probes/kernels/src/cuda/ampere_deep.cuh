// Included before gemm80.cu on sm_80: stages of 128 bytes of depth, three of them, 144 KiB. Half the barriers of 64 x 4, but
// only 8.0 grants so much shared memory (163 KiB; 8.6, 8.9 and 12.0 grant 99), so the PTX has the other ring.
#pragma once
#define GP_ROW_BYTES 128
#define GP_STAGES 3
