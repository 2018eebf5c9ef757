#include "tests/bench/measured_steps.h"

#include "tests/bench/cpu_clock.h"
#include "tests/bench/distribution.h"

#include <fmt/format.h>

#include <cstdio>
#include <stdexcept>
#include <utility>

namespace murmur::bench {

double time_steps(const StepCounts& counts,
                  const std::function<void(std::uint64_t call)>& take_steps) {
    std::vector<double> times;
    for (int call = 0; call < counts.warm_up_calls + counts.calls; ++call) {
        const double begin_s = cpu_seconds();
        take_steps(static_cast<std::uint64_t>(call));
        if (call >= counts.warm_up_calls) {
            times.push_back(1e3 * (cpu_seconds() - begin_s) / counts.steps_per_call);
        }
    }
    return median(std::move(times));
}

void write(const MeasuredSteps& measured) {
    std::fwrite(&measured.step_ms, sizeof(double), 1, stdout);
    std::fwrite(measured.parameters.data(), sizeof(float), measured.parameters.size(), stdout);
}

MeasuredSteps run_child(const std::string& program, const std::string& arguments) {
    std::FILE* output = popen(fmt::format("'{}' {}", program, arguments).c_str(), "r");
    if (output == nullptr) {
        throw std::runtime_error("cannot start a child process");
    }
    MeasuredSteps measured{};
    bool is_read = std::fread(&measured.step_ms, sizeof(double), 1, output) == 1;
    for (float value = 0; std::fread(&value, sizeof value, 1, output) == 1;) {
        measured.parameters.push_back(value);
    }
    is_read = pclose(output) == 0 && is_read;
    if (!is_read) {
        throw std::runtime_error(fmt::format("the measurement '{}' failed", arguments));
    }
    return measured;
}

double median(std::vector<double> values) {
    return summarize(std::move(values)).median;
}

}  // namespace murmur::bench
