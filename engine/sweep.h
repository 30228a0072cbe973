// Sweeps, and what they take, over a graph that the caller has made: several can go over one. See
// autograd.h and transforms.h for what each gives. For transforms_matrices.cpp.
#pragma once

#include <vector>

#include <wald/engine/tensor.h>

#include "graph.h"

namespace wald {

/// `graph` is that of the outputs, as everywhere here.
std::vector<Tensor> reverse_sweep(const Graph& graph, const std::vector<Tensor>& outputs,
                                  const std::vector<Tensor>& inputs,
                                  const std::vector<Tensor>& cotangents);
std::vector<Tensor> forward_sweep(const Graph& graph, const std::vector<Tensor>& outputs,
                                  const std::vector<Tensor>& inputs,
                                  const std::vector<Tensor>& tangents);

std::size_t forward_sweep_bytes(const Graph& graph, const std::vector<Tensor>& outputs,
                                const std::vector<Tensor>& inputs);
std::size_t reverse_sweep_bytes(const Graph& graph, const std::vector<Tensor>& outputs,
                                const std::vector<Tensor>& inputs);
/// What neither of the two exceeds, found at less cost.
double sweep_bytes_bound(const Graph& graph, const std::vector<Tensor>& outputs,
                         const std::vector<Tensor>& inputs);

}  // namespace wald
