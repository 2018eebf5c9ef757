#pragma once

#include "emulator/run/experiment_plan.h"

#include <stdexcept>
#include <string>
#include <utility>

namespace murmur::test {

/// Returns why no plan can be made of these options, or "accepted".
inline std::string refusal_of(const ExperimentOptions& options, ExperimentInputs inputs = {}) {
    try {
        const ExperimentPlan plan(options, std::move(inputs));
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "accepted";
}

}  // namespace murmur::test
