// Everything for finding minima: minimize() and least_squares(), and optimizers in libtorch's form
// with their schedules.
#pragma once

#include <wald/optim/adagrad.h>
#include <wald/optim/adam.h>
#include <wald/optim/inverse_hessian.h>
#include <wald/optim/lbfgs.h>
#include <wald/optim/least_squares.h>
#include <wald/optim/minimize.h>
#include <wald/optim/optimizer.h>
#include <wald/optim/parameters.h>
#include <wald/optim/rmsprop.h>
#include <wald/optim/rprop.h>
#include <wald/optim/schedules.h>
#include <wald/optim/sgd.h>
