#include "emulator/record/model_files.h"

#include "emulator/base/replace_file.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <fcntl.h>
#include <limits>
#include <stdexcept>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace murmur {

namespace fs = std::filesystem;

namespace {

static_assert(std::endian::native == std::endian::little, "model files are little-endian");

constexpr const char* kIndex = "models.json";
constexpr const char* kUnfinished = ".f32.tmp";

[[noreturn]] void fail(const fs::path& file, int error) {
    throw std::runtime_error(
        fmt::format("cannot write {}: {}", file.string(), std::generic_category().message(error)));
}

std::string name_of(std::uint64_t rounds) {
    return fmt::format("round-{}", rounds);
}

nlohmann::ordered_json number_or_null(double value) {
    return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json();
}

nlohmann::ordered_json layout_json(const ParameterLayout& layout) {
    auto blocks = nlohmann::ordered_json::array();
    std::size_t offset = 0;
    for (const ParameterBlock& block : layout) {
        blocks.push_back({{"name", block.name},
                          {"shape", block.shape},
                          {"offset", offset},
                          {"size", block.size()},
                          {"is_buffer", block.is_buffer},
                          {"is_trained", block.is_trained}});
        offset += block.size();
    }
    return blocks;
}

/// Removes the files of a folder that are models, finished or not.
void remove_files(const fs::path& folder, bool finished_ones) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        const std::string name = entry.path().filename().string();
        if (name.ends_with(kUnfinished) ||
            (finished_ones && (name.ends_with(".f32") || name == kIndex))) {
            std::error_code ignored;
            fs::remove(entry.path(), ignored);
        }
    }
}

}  // namespace

ModelFiles::ModelFiles(fs::path folder,
                       ModelSaving saving,
                       ParameterLayout layout,
                       std::uint64_t num_rounds,
                       bool goes_on)
    : folder_(std::move(folder)),
      saving_(std::move(saving)),
      layout_(std::move(layout)),
      num_rounds_(num_rounds),
      goes_on_(goes_on) {
    std::error_code error;
    fs::create_directories(folder_, error);
    if (error) {
        fail(folder_, error.value());
    }
    write_index();
}

ModelFiles::~ModelFiles() {
    remove_files(folder_, false);
}

void ModelFiles::write(std::uint32_t node,
                       std::uint64_t rounds,
                       const ParameterVector& model) const {
    write_into(
        unfinished(name_of(rounds), node), saving_.has_all_nodes ? node * model_bytes() : 0, model);
}

void ModelFiles::end_round(const RoundRow& row, std::span<const Observation> nodes) {
    const bool is_evaluated = !std::isnan(row.consensus_distance) ||
                              std::any_of(nodes.begin(), nodes.end(), [](const auto& node) {
                                  return bool{node.evaluation};
                              });
    if (!saving_.wants(saving_.nodes.front(), row.round, is_evaluated, row.round == num_rounds_)) {
        return;
    }
    const std::string written = name_of(row.round);
    const bool is_best = saving_.when == ModelSaving::When::kBest;
    if (is_best && !is_better(row)) {
        drop(written);
        return;
    }
    const std::string name = is_best ? "best" : written;
    Entries entries;
    for (const std::uint32_t node : saving_.nodes) {
        if (nodes[node].rounds == row.round) {  // else it was not there
            entries.push_back(entry_of(name, nodes[node]));
        }
    }
    if (is_best && !saved_.empty()) {
        // At no instant does the index say of one model what is true of another.
        saved_.clear();
        write_index();
    }
    keep(written, entries);
}

void ModelFiles::write_final(std::span<const Parameters> models,
                             const std::function<const Observation&(std::uint32_t node)>& seen) {
    if (saving_.when != ModelSaving::When::kFinal) {
        return;
    }
    const std::string name = "final";
    Entries entries;
    for (const std::uint32_t node : saving_.nodes) {
        const Entry& entry = entries.emplace_back(entry_of(name, seen(node)));
        write_into(unfinished(name, node), entry.offset_bytes, *models[node]);
    }
    keep(name, entries);
}

std::size_t ModelFiles::model_bytes() const {
    return count_values(layout_).total() * sizeof(float);
}

ModelFiles::Entry ModelFiles::entry_of(const std::string& name, const Observation& seen) const {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    Entry entry{.file = saving_.has_all_nodes ? fmt::format("{}.f32", name)
                                              : fmt::format("{}-node-{}.f32", name, seen.node),
                .offset_bytes = saving_.has_all_nodes ? seen.node * model_bytes() : 0,
                .node = seen.node,
                .round = seen.rounds,
                .test_accuracy = kNone,
                .test_loss = kNone,
                .own_test_accuracy = kNone,
                .own_test_loss = kNone};
    if (seen.evaluation) {
        const EvaluationResult& test = seen.evaluation.value();
        entry.test_accuracy = test.accuracy;
        entry.test_loss = test.loss;
        entry.own_test_accuracy = test.own_accuracy;
        entry.own_test_loss = test.own_loss;
    }
    return entry;
}

fs::path ModelFiles::unfinished(const std::string& name, std::uint32_t node) const {
    return folder_ / (saving_.has_all_nodes ? name + kUnfinished
                                            : fmt::format("{}-node-{}{}", name, node, kUnfinished));
}

void ModelFiles::write_into(const fs::path& file,
                            std::uint64_t offset,
                            const ParameterVector& model) const {
    const int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0) {
        fail(file, errno);
    }
    const char* bytes = reinterpret_cast<const char*>(model.values().data());
    std::size_t left = model.size() * sizeof(float);
    while (left > 0) {
        const ssize_t written = pwrite(descriptor, bytes, left, static_cast<off_t>(offset));
        if (written < 0 && errno != EINTR) {
            const int error = errno;
            close(descriptor);
            fail(file, error);
        }
        const auto done = static_cast<std::size_t>(std::max<ssize_t>(written, 0));
        bytes += done;
        offset += done;
        left -= done;
    }
    if (close(descriptor) != 0) {
        fail(file, errno);
    }
}

void ModelFiles::keep(const std::string& written, const Entries& entries) {
    for (const Entry& entry : entries) {
        const bool is_renamed = saving_.has_all_nodes && &entry != &entries.front();
        const fs::path file = folder_ / entry.file;
        if (!is_renamed &&
            std::rename(unfinished(written, entry.node).c_str(), file.c_str()) != 0) {
            const int error = errno;
            if (!(goes_on_ && error == ENOENT && fs::exists(file))) {
                fail(file, error);
            }
        }
    }
    saved_.insert(saved_.end(), entries.begin(), entries.end());
    write_index();
}

void ModelFiles::drop(const std::string& name) const {
    for (const std::uint32_t node : saving_.nodes) {
        std::error_code ignored;
        fs::remove(unfinished(name, node), ignored);
    }
}

bool ModelFiles::is_better(const RoundRow& row) {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    // The first of these that the run has: all rounds of a run have the same ones.
    for (const double figure : {saving_.by_loss ? kNone : row.accuracy.mean,
                                saving_.by_loss ? kNone : row.own_accuracy.mean,
                                -row.loss.mean,
                                -row.own_loss.mean}) {
        if (std::isnan(figure)) {
            continue;
        }
        if (saved_.empty() || figure > best_) {
            best_ = figure;
            return true;
        }
        return false;
    }
    return false;
}

void ModelFiles::write_index() const {
    const bool has_own_tests = std::any_of(saved_.begin(), saved_.end(), [](const Entry& entry) {
        return !std::isnan(entry.own_test_loss);
    });
    nlohmann::ordered_json json{{"dtype", "float32"},
                                {"byte_order", "little"},
                                {"num_parameters", count_values(layout_).total()},
                                {"layout", layout_json(layout_)},
                                {"vectors", nlohmann::ordered_json::array()}};
    for (const Entry& entry : saved_) {
        nlohmann::ordered_json vector{{"file", entry.file},
                                      {"offset_bytes", entry.offset_bytes},
                                      {"node", entry.node},
                                      {"round", entry.round},
                                      {"test_accuracy", number_or_null(entry.test_accuracy)},
                                      {"test_loss", number_or_null(entry.test_loss)}};
        if (has_own_tests) {
            vector["own_test_accuracy"] = number_or_null(entry.own_test_accuracy);
            vector["own_test_loss"] = number_or_null(entry.own_test_loss);
        }
        json["vectors"].push_back(std::move(vector));
    }
    // Names of tensors are a file's, which need not be UTF-8.
    using Json = nlohmann::ordered_json;
    replace_file(folder_ / kIndex, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

void remove_models(const fs::path& folder) {
    remove_files(folder, true);
    std::error_code ignored;
    fs::remove(folder, ignored);  // unless somebody keeps other things there
}

}  // namespace murmur
