// Every operation.
#pragma once

#include <wald/engine/ops/activations.h>
#include <wald/engine/ops/elementary.h>
#include <wald/engine/ops/incomplete.h>
#include <wald/engine/ops/index.h>
#include <wald/engine/ops/linalg.h>
#include <wald/engine/ops/pointwise.h>
#include <wald/engine/ops/reduce.h>
#include <wald/engine/ops/shape.h>
#include <wald/engine/ops/special.h>
