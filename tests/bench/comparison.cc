#include "tests/bench/comparison.h"

#include "tests/bench/cpu_clock.h"
#include "tests/bench/distribution.h"

#include "ns3/simulator.h"
#include "ns3/transport-helper.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <unistd.h>
#include <utility>

namespace murmur::bench {

namespace {

/// Shows what is being simulated, where somebody looks on.
void show_progress(const std::string& text) {
    if (isatty(STDERR_FILENO) != 0) {
        fmt::print(stderr, "\r\033[K{}", text);
        std::fflush(stderr);
    }
}

}  // namespace

double round_seconds(const std::vector<Passage>& passages) {
    double last_s = 0;
    for (const Passage& passage : passages) {
        if (std::isnan(passage.arrived_s)) {
            return passage.arrived_s;
        }
        last_s = std::max(last_s, passage.arrived_s);
    }
    return last_s;
}

std::vector<double> Outcome::message_errors() const {
    std::vector<double> errors;
    for (std::size_t index = 0; index < reference.size(); ++index) {
        const double truth_s = reference[index].arrived_s - reference[index].sent_s;
        errors.push_back((tested[index].arrived_s - tested[index].sent_s) / truth_s - 1);
    }
    return errors;
}

double Outcome::round_error() const {
    return round_seconds(tested) / round_seconds(reference) - 1;
}

void ErrorSample::add(double error) {
    if (std::isnan(error)) {
        ++failed_;
    } else {
        errors_.push_back(std::abs(error));
    }
}

void ErrorSample::add_messages(const Outcome& outcome) {
    for (const double error : outcome.message_errors()) {
        add(error);
    }
}

std::string ErrorSample::text() const {
    const Distribution errors = summarize(errors_);
    return fmt::format("{:>6} {:>7.2f}% {:>7.2f}% {:>7.2f}% {:>8.1f}%{}",
                       errors.count,
                       100 * errors.median,
                       100 * errors.mean,
                       100 * errors.p90,
                       100 * errors.max,
                       failed_ == 0 ? "" : fmt::format("  {} failed", failed_));
}

Comparison::Comparison(std::string fidelity, Reference& reference, const Queues& queues)
    : fidelity_(std::move(fidelity)), reference_(reference), queues_(queues) {}

Outcome Comparison::run(const AccuracyCase& accuracy_case) {
    show_progress(accuracy_case.name);
    Outcome outcome{reference_.passages(accuracy_case, queues_), {}, 0};
    run_tested(accuracy_case, outcome);
    show_progress("");
    return outcome;
}

void Comparison::run_tested(const AccuracyCase& accuracy_case, Outcome& outcome) {
    const double start_s = cpu_seconds();
    const auto transport =
        ns3::murmuration::TransportHelper::Create(fidelity_, make_underlay(accuracy_case, queues_));
    outcome.tested = carry(*transport, accuracy_case.messages);
    outcome.num_doubtful = transport->GetNDoubtful();
    ns3::Simulator::Destroy();
    tested_cpu_s_ += cpu_seconds() - start_s;
}

}  // namespace murmur::bench
