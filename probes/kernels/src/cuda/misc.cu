// Every kernel of abi.rs except the products.
#include "chase.cuh"
#include "fma.cuh"
#include "generate.cuh"
#include "memory.cuh"
#include "node.cuh"
