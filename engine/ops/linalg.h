// Everything on matrices.
#pragma once

#include <wald/engine/ops/decompositions.h>
#include <wald/engine/ops/products.h>
#include <wald/engine/ops/solve.h>
