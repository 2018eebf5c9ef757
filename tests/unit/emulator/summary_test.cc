#include "emulator/record/summary.h"

#include "emulator/base/resource_usage.h"
#include "tests/support/doctest.h"

#include <nlohmann/json.hpp>

#include <limits>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace murmur {
namespace {

TEST_CASE("summary.json has every promised name, and null for a figure that does not exist") {
    const auto json = nlohmann::json::parse(to_json({}));
    for (const char* name : {"status",
                             "scenario",
                             "nodes",
                             "rounds",
                             "seed",
                             "workers",
                             "simulated_s",
                             "attackers",
                             "messages",
                             "messages_not_finite",
                             "messages_in_doubt",
                             "messages_in_doubt_by_reason",
                             "retransmissions",
                             "timeouts",
                             "bytes_sent",
                             "bytes_content",
                             "events",
                             "wall_s",
                             "cpu_s",
                             "learning_cpu_s",
                             "simulator_cpu_s",
                             "held_back_s",
                             "peak_rss_bytes",
                             "protocol_counts"}) {
        CAPTURE(name);
        CHECK(json.contains(name));
        CHECK_FALSE(json[name].is_null());
    }
    for (const char* name : {"error",
                             "mean_test_accuracy",
                             "min_test_accuracy",
                             "max_test_accuracy",
                             "consensus_distance",
                             "parameter_hash"}) {
        CAPTURE(name);
        CHECK(json.contains(name));
        CHECK(json[name].is_null());
    }
}

TEST_CASE("figures read back as they were, infinite ones as null") {
    Summary summary;
    summary.status = "diverged";
    summary.error = "a \"quoted\" line\nand another";
    summary.scenario = "dpsgd";
    summary.seed = UINT64_MAX;
    summary.mean_test_accuracy = 1.0 / 3;
    summary.mean_test_loss = std::numeric_limits<double>::infinity();
    summary.bytes_sent = 1ULL << 60;
    summary.protocol_counts["sums_discarded"] = 2;
    summary.messages_in_doubt_by_reason["full_queue"] = 3;
    summary.parameter_hash = "0123456789abcdef";
    const auto json = nlohmann::json::parse(to_json(summary));
    CHECK(json["status"] == "diverged");
    CHECK(json["error"] == summary.error);
    CHECK(json["seed"] == UINT64_MAX);
    CHECK(json["mean_test_accuracy"] == 1.0 / 3);
    CHECK(json["mean_test_loss"].is_null());
    CHECK(json["bytes_sent"] == 1ULL << 60);
    CHECK(json["protocol_counts"]["sums_discarded"] == 2);
    CHECK(json["messages_in_doubt_by_reason"]["full_queue"] == 3);
    CHECK(json["parameter_hash"] == "0123456789abcdef");
}

TEST_CASE("the parameter hash sees every bit of every value, and their order") {
    const auto hash = [](const std::vector<std::vector<float>>& models) {
        std::vector<std::uint64_t> hashes;
        for (const auto& model : models) {
            hashes.push_back(parameter_hash(*make_parameters(model)));
        }
        return combined_hash(hashes);
    };
    const std::string reference = hash({{1, 2}, {3, 4}});
    CHECK(reference.size() == 16);
    CHECK(hash({{1, 2}, {3, 4}}) == reference);
    CHECK(hash({{1, 2}, {4, 3}}) != reference);
    CHECK(hash({{3, 4}, {1, 2}}) != reference);
    CHECK(hash({{1, 2}, {3, std::nextafter(4.0F, 5.0F)}}) != reference);
    CHECK(hash({{-0.0F}}) != hash({{0.0F}}));
    // A model longer than one step of the hash: every value counts, and where it stands.
    std::vector<float> values(19);
    std::iota(values.begin(), values.end(), 1.0F);
    std::set<std::string> seen{hash({values})};
    for (std::size_t i = 0; i < values.size(); ++i) {
        std::vector<float> changed = values;
        changed[i] = -changed[i];
        CHECK(seen.insert(hash({changed})).second);
        if (i > 0) {
            std::vector<float> swapped = values;
            std::swap(swapped[i], swapped[0]);
            CHECK(seen.insert(hash({swapped})).second);
        }
    }
    CHECK(seen.insert(hash({{1, 2}, {}})).second);
    CHECK(seen.insert(hash({{}, {1, 2}})).second);
}

TEST_CASE("CPU clocks run forward, and the largest memory is known") {
    const double before = thread_cpu_seconds();
    const double process_before = process_cpu_seconds();
    volatile double sum = 0;
    for (int i = 0; i < 1'000'000; ++i) {
        sum = sum + i;
    }
    CHECK(thread_cpu_seconds() > before);
    CHECK(process_cpu_seconds() > process_before);
    CHECK(peak_rss_bytes() > 1'000'000);
}

}  // namespace
}  // namespace murmur
