// What the data of a generalized linear model must be like before anything is computed.
#pragma once

#include <wald/models/glm.h>

namespace wald {

/// Throws InputError where the link is none of the family's, a response is outside its range (with
/// its row), or an offset or weight is no finite number from its range; ShapeError and DTypeError
/// for tensors that do not fit together. The design's own numbers are looked at with its rank.
void check_glm(const GlmData& data, GlmFamily family, GlmLink link);

}  // namespace wald
