// Everything a program that embeds wald needs: tensors, differentiation, optimizers, models.
#pragma once

#include <wald/engine/autograd.h>
#include <wald/engine/function.h>
#include <wald/engine/gradcheck.h>
#include <wald/engine/graph_print.h>
#include <wald/engine/creation.h>
#include <wald/engine/io/dlpack.h>
#include <wald/engine/io/npy.h>
#include <wald/engine/nn/nn.h>
#include <wald/engine/node.h>
#include <wald/engine/ops/ops.h>
#include <wald/engine/print.h>
#include <wald/engine/random.h>
#include <wald/engine/tensor.h>
#include <wald/engine/transforms.h>
#include <wald/models/distributions.h>
#include <wald/models/inference.h>
#include <wald/models/kaplan_meier.h>
#include <wald/models/ols.h>
#include <wald/models/plot.h>
#include <wald/models/random.h>
#include <wald/models/simulate.h>
#include <wald/models/summary.h>
#include <wald/models/survival.h>
#include <wald/models/survival_plot.h>
#include <wald/optim/optim.h>
