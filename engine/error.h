// The exceptions of wald. Every message is one sentence that names the op, the shapes, or the place
// in a file, and what was expected.
#pragma once

#include <stdexcept>
#include <string>

namespace wald {

/// Base of everything wald throws.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Operands whose shapes do not fit the operation.
class ShapeError : public Error {
  using Error::Error;
};

/// An element type that the operation does not take.
class DTypeError : public Error {
  using Error::Error;
};

/// An index or an axis out of range.
class IndexError : public Error {
  using Error::Error;
};

/// A computation graph used in a way it does not allow: freed, changed in place, not connected.
class GraphError : public Error {
  using Error::Error;
};

/// A device that is absent, out of memory, or not the one the operands live on.
class DeviceError : public Error {
  using Error::Error;
};

/// A computation that numbers do not allow: a matrix that is singular or not positive definite, an
/// iteration that does not converge, a nan under AnomalyGuard.
class NumericalError : public Error {
  using Error::Error;
};

/// A matrix that a decomposition or a solve cannot take: not positive definite, singular, not
/// finite, or one whose iteration does not converge. Names the matrix of the batch.
class LinalgError : public NumericalError {
  using NumericalError::NumericalError;
};

/// Data or options that cannot be used as they are: names file, line and column where there are
/// any. The program exits 2.
class InputError : public Error {
  using Error::Error;
};

/// A model whose parameters the data do not determine, or whose maximum is not finite: names the
/// coefficients. The program exits 3.
class NotIdentifiedError : public Error {
  using Error::Error;
};

}  // namespace wald
