// Optimizers and learning rate schedules.
#pragma once

#include <wald/optim/adagrad.h>
#include <wald/optim/adam.h>
#include <wald/optim/lbfgs.h>
#include <wald/optim/optimizer.h>
#include <wald/optim/rmsprop.h>
#include <wald/optim/rprop.h>
#include <wald/optim/schedules.h>
#include <wald/optim/sgd.h>
