// Modules: parameters with names, and layers made of them.
#pragma once

#include <wald/engine/nn/layers.h>
#include <wald/engine/nn/module.h>
