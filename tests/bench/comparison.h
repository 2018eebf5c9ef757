#pragma once

#include "tests/bench/accuracy_cases.h"
#include "tests/bench/carrier.h"
#include "tests/bench/reference.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace murmur::bench {

/// One case, as the reference and as the fidelity under test carried it.
struct Outcome {
    std::vector<Passage> reference;
    std::vector<Passage> tested;
    std::uint64_t num_doubtful;  ///< messages that the fidelity under test says to be in doubt

    /// Relative error of each message's time from sending to arrival, with its sign; not a number
    /// where either failed.
    [[nodiscard]] std::vector<double> message_errors() const;

    /// Relative error of the time until the last message has arrived; not a number if one failed.
    [[nodiscard]] double round_error() const;
};

/// Returns when the last message has arrived; not a number if one never did.
[[nodiscard]] double round_seconds(const std::vector<Passage>& passages);

/// Collects sizes of errors; what failed is counted apart.
class ErrorSample {
  public:
    void add(double error);

    /// Adds the errors of all messages.
    void add_messages(const Outcome& outcome);

    /// What the columns of text() are called.
    static constexpr const char* kColumns = " count   median     mean      p90       max";

    /// Number, median, mean, 90th percentile and maximum, in fixed columns.
    [[nodiscard]] std::string text() const;

  private:
    std::vector<double> errors_;
    std::size_t failed_ = 0;
};

/// Runs cases over the reference and at the fidelity under test.
class Comparison {
  public:
    Comparison(std::string fidelity, Reference& reference, const Queues& queues);

    [[nodiscard]] Outcome run(const AccuracyCase& accuracy_case);

    /// CPU time of the fidelity under test so far.
    [[nodiscard]] double tested_cpu_s() const { return tested_cpu_s_; }

  private:
    void run_tested(const AccuracyCase& accuracy_case, Outcome& outcome);

    std::string fidelity_;
    Reference& reference_;
    const Queues& queues_;
    double tested_cpu_s_ = 0;
};

}  // namespace murmur::bench
