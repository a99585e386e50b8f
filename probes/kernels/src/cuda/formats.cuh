// Element formats of the products: rounding to nearest even in integer arithmetic, so that every compiler gives the same bits.
#pragma once
#include "base.cuh"

// abi.rs: `Format`.
enum Format : u32 { BF16 = 0, FP16 = 1, E4M3 = 2, FP32 = 3, FP64 = 4, INT8 = 5 };

// `value` shifted right, rounded to nearest, ties to even; shift is 1 to 31.
INLINE u32 shift_to_even(u32 value, u32 shift) {
  const u32 odd = (value >> shift) & 1;
  return (value + ((1u << (shift - 1)) - 1) + odd) >> shift;
}

// Finite values only, as generators give.
INLINE u16 to_bf16(float value) { return (u16)shift_to_even(bits_of(value), 16); }

// Magnitude of a finite fp32 in a format of MANTISSA stored bits whose smallest normal exponent is MIN_EXPONENT:
// exponent field and mantissa in one number, where a carry moves up by itself. No bound above.
template <int MANTISSA, int MIN_EXPONENT> INLINE u32 to_small_float(float value) {
  const u32 magnitude = bits_of(value) & 0x7fffffffu;
  const i32 exponent = (i32)(magnitude >> 23) - 127;
  if (exponent >= MIN_EXPONENT)
    return shift_to_even(magnitude, 23 - MANTISSA) - ((u32)(127 + MIN_EXPONENT - 1) << MANTISSA);
  // Below, steps have the smallest normal number's size; fp32's own subnormals are far below half a step.
  const i32 shift = 23 - MANTISSA + (MIN_EXPONENT - exponent);
  if (shift > 24) return 0;
  return shift_to_even((magnitude & 0x7fffffu) | 0x800000u, (u32)shift);
}

INLINE u16 to_fp16(float value) {
  const u32 magnitude = to_small_float<10, -14>(value);
  return (u16)(((bits_of(value) >> 16) & 0x8000u) | (magnitude < 0x7c00u ? magnitude : 0x7c00u));
}

INLINE u8 to_e4m3(float value) {
  const u32 magnitude = to_small_float<3, -6>(value);
  return (u8)(((bits_of(value) >> 24) & 0x80u) | (magnitude < 0x7eu ? magnitude : 0x7eu));
}

INLINE u8 to_int8(float value) {
  const i32 rounded = round_to_int(value);
  return (u8)(rounded > 127 ? 127 : rounded < -127 ? -127 : rounded);
}

// Element `index` of a matrix in this format; an unknown format writes nothing.
INLINE void store_element(void *out, u64 index, u32 format, float value) {
  switch (format) {
  case BF16: static_cast<u16 *>(out)[index] = to_bf16(value); break;
  case FP16: static_cast<u16 *>(out)[index] = to_fp16(value); break;
  case E4M3: static_cast<u8 *>(out)[index] = to_e4m3(value); break;
  case FP32: static_cast<float *>(out)[index] = value; break;
  case FP64: static_cast<double *>(out)[index] = value; break;
  case INT8: static_cast<u8 *>(out)[index] = to_int8(value); break;
  }
}
