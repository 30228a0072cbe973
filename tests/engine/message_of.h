// What an exception says.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace wald::testing {

/// The message of the E that `call` must throw.
template <class E>
std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const E& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing of the wanted type was thrown";
  return "";
}

}  // namespace wald::testing
