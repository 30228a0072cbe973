// How a run ended, in a word and in a sentence.
#pragma once

#include <string>
#include <vector>

#include <wald/optim/minimize.h>
#include <wald/optim/run/certificate.h>

namespace wald::optim {

struct Outcome {
  Status status;
  Reason reason;
};

/// The coordinates along which the minimum is flat, or the value falls without end. The certificate
/// belongs to the point where the run ended; null if none was made there.
std::vector<std::int64_t> directions_of(const Outcome& outcome, const Certificate* certificate);

/// The names of parameters, with commas between them; their numbers if `names` is empty.
std::string list_of(const std::vector<std::int64_t>& parameters,
                    const std::vector<std::string>& names);

/// `names` are the parameters', or empty.
std::string message_of(const Outcome& outcome, const Certificate* certificate,
                       const std::vector<std::string>& names);

}  // namespace wald::optim
