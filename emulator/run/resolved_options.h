#pragma once

#include "emulator/run/experiment_inputs.h"
#include "emulator/run/experiment_options.h"

namespace murmur {

/// Checks what can be checked of options before anything is read, and fills in what is left open:
/// the plain numbers, the number of workers, and what a program brings in place of an option.
/// @throws std::invalid_argument  naming the option
[[nodiscard]] ExperimentOptions resolve_options(ExperimentOptions options,
                                                const ExperimentInputs& inputs);

}  // namespace murmur
