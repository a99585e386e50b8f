// Runs the scalar kernels on the CPU: a command a line on standard input (`KERNEL BLOCKS THREADS NUMBERS...`), the bytes of
// the answer in hexadecimal a line on standard output. Buffers have exactly the size that the calling interface says, so
// that the address sanitizer sees every access beyond.
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>

#include "misc.cu"

namespace {

constexpr u8 POISON = 0xa5;

template <class Element> std::vector<Element> poisoned(size_t count) {
  std::vector<Element> out(count);
  if (count != 0) std::memset(static_cast<void *>(out.data()), POISON, count * sizeof(Element));
  return out;
}

template <class Element> void print(const std::vector<Element> &out) {
  const u8 *bytes = reinterpret_cast<const u8 *>(out.data());
  for (size_t i = 0; i < out.size() * sizeof(Element); i++) std::printf("%02x", bytes[i]);
}

struct Command {
  std::istringstream line;
  std::string kernel;
  u32 blocks = 0, threads = 0;

  explicit Command(const std::string &text) : line(text) { line >> kernel >> blocks >> threads; }
  u64 next() {
    u64 value = 0;
    if (!(line >> value)) {
      std::fprintf(stderr, "%s: a number is missing\n", kernel.c_str());
      std::exit(1);
    }
    return value;
  }
  float next_float() {
    const u32 bits = (u32)next();
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  template <class Kernel, class... Arguments> void run(Kernel kernel, Arguments... arguments) {
    host::launch(blocks, threads, kernel, arguments...);
  }
};

size_t element_bytes(u32 format) {
  const size_t bytes[] = {2, 2, 1, 4, 8, 1};
  return bytes[format];
}

void generators(Command &c) {
  const u64 n = c.next(), key = c.next();
  const u32 matrix = (u32)c.next(), format = (u32)c.next();
  auto out = poisoned<u8>(n * element_bytes(format));
  if (c.kernel == "gp_fill_normal")
    c.run(gp_fill_normal, (void *)out.data(), n, key, matrix, format);
  else
    c.run(gp_fill_integers, (void *)out.data(), n, key, matrix, format, (i32)c.next());
  print(out);
}

// Words of gp_linear_fill as packets of 16 bytes.
template <class Packet> std::vector<Packet> linear(u64 n16, u32 seed, u64 first) {
  auto out = poisoned<Packet>(n16);
  host::launch(3, 32, gp_linear_fill, reinterpret_cast<u32 *>(out.data()), n16 * 4, seed, first);
  return out;
}

void bandwidth(Command &c) {
  const u64 n16 = c.next();
  const u32 seed = (u32)c.next();
  const u64 first = c.next();
  const auto in = linear<Words4>(n16, seed, first);
  host::times = {7, 9};
  host::readings = 0;
  std::vector<ClockMark> mark = poisoned<ClockMark>(1);
  if (c.kernel == "gp_read") {
    std::vector<u32> total = {0};
    c.run(gp_read, in.data(), n16, total.data(), mark.data());
    print(total);
  } else if (c.kernel == "gp_copy") {
    auto out = poisoned<Words4>(n16);
    c.run(gp_copy, out.data(), in.data(), n16, mark.data());
    print(out);
  } else {
    auto out = poisoned<Words4>(n16);
    c.run(gp_write, out.data(), n16, seed, mark.data());
    print(out);
  }
  print(mark);
}

void triads(Command &c) {
  const u64 n16 = c.next();
  const float k = c.next_float();
  std::vector<Floats4> b(n16), d(n16);
  for (auto *side : {&b, &d})
    for (auto &packet : *side) packet = {c.next_float(), c.next_float(), c.next_float(), c.next_float()};
  auto out = poisoned<Floats4>(n16);
  c.run(gp_triad, out.data(), (const Floats4 *)b.data(), (const Floats4 *)d.data(), k, n16, (ClockMark *)nullptr);
  print(out);
}

void capacity(Command &c) {
  const u64 n = c.next(), seed = c.next(), base = c.next();
  auto out = poisoned<u64>(n);
  c.run(gp_fill, out.data(), n, seed, base);
  print(out);
  // The rest of the line: words to change.
  for (u64 at; c.line >> at;) out[at] ^= 1ull << (at % 64);
  std::vector<u64> bad = {0};
  c.run(gp_verify, (const u64 *)out.data(), n, seed, base, bad.data());
  print(bad);
}

void chases(Command &c) {
  const u32 lines = (u32)c.next(), a = (u32)c.next(), increment = (u32)c.next(), steps = (u32)c.next();
  auto ring = poisoned<u32>((size_t)lines * LINE_WORDS);
  host::launch(2, 64, gp_ring, ring.data(), lines, a, increment);
  if (c.kernel == "gp_ring") {
    print(ring);
  } else if (c.kernel == "gp_chase") {
    auto out = poisoned<u64>(2);
    c.run(gp_chase, (const u32 *)ring.data(), steps, (u32)c.next(), out.data());
    print(out);
  } else {
    auto cycles = poisoned<u64>(c.blocks);
    auto sm = poisoned<u32>(c.blocks);
    c.run(gp_chase_map, (const u32 *)ring.data(), steps, lines, cycles.data(), sm.data());
    print(cycles);
    print(sm);
  }
}

void heartbeats(Command &c) {
  const u64 duration = c.next(), threshold = c.next();
  host::times.clear();
  host::readings = 0;
  for (u64 time; c.line >> time;) host::times.push_back(time);
  auto out = poisoned<u64>((size_t)c.blocks * HEARTBEAT_WORDS);
  c.run(gp_heartbeat, out.data(), duration, threshold);
  print(out);
}

void censuses(Command &c) {
  const u64 spin = c.next();
  auto sm = poisoned<u32>(c.blocks), nsm = poisoned<u32>(c.blocks);
  auto cycles = poisoned<u64>(c.blocks), ns = poisoned<u64>(c.blocks);
  host::times = {5};
  c.run(gp_census, sm.data(), nsm.data(), cycles.data(), ns.data(), spin);
  print(sm);
  print(nsm);
  print(cycles);
  print(ns);
}

void answer(Command &c) {
  if (c.kernel == "gp_fill_normal" || c.kernel == "gp_fill_integers") return generators(c);
  if (c.kernel == "gp_read" || c.kernel == "gp_copy" || c.kernel == "gp_write") return bandwidth(c);
  if (c.kernel == "gp_triad") return triads(c);
  if (c.kernel == "gp_fill") return capacity(c);
  if (c.kernel == "gp_ring" || c.kernel == "gp_chase" || c.kernel == "gp_chase_map") return chases(c);
  if (c.kernel == "gp_heartbeat") return heartbeats(c);
  if (c.kernel == "gp_census") return censuses(c);
  if (c.kernel == "gp_linear_fill") {
    const u64 words = c.next();
    const u32 seed = (u32)c.next();
    auto out = poisoned<u32>(words);
    c.run(gp_linear_fill, out.data(), words, seed, c.next());
    return print(out);
  }
  std::fprintf(stderr, "unknown kernel %s\n", c.kernel.c_str());
  std::exit(1);
}

} // namespace

int main() {
  for (std::string text; std::getline(std::cin, text);) {
    Command command(text);
    answer(command);
    std::printf("\n");
  }
}
