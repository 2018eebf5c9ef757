#include "tools/replay/rounds_optimisers.h"

#include "emulator/run/experiment.h"
#include "tools/replay/quadratic_task.h"
#include "tools/replay/rounds_problem.h"
#include "tools/text/words.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <optional>
#include <stdexcept>
#include <stdlib.h>  // mkdtemp
#include <system_error>
#include <utility>

namespace murmur::replay {
namespace {

constexpr std::uint64_t kManyRounds = 2000;

/// An experiment that cannot be, or does not come to its end: what is wrong is no part of the file.
class FailedRun : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// A folder that is there as long as this object is.
class ScratchFolder {
  public:
    ScratchFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "murmur-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) {
            throw std::invalid_argument(fmt::format("{}: cannot be made", name));
        }
        path_ = name;
    }
    ~ScratchFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;

    /// Writes a file and returns its path.
    std::string write(std::string_view name, std::string_view content) const {
        const std::filesystem::path path = path_ / name;
        std::ofstream stream(path);
        stream << content;
        if (!stream.flush()) {
            throw std::invalid_argument(fmt::format("{}: cannot be written", path.string()));
        }
        return path.string();
    }

  private:
    std::filesystem::path path_;
};

/// Returns an edge list of the graph whose edges W has weights for.
std::string edges_of(const Matrix& weights) {
    std::string text = fmt::format("{}\n", weights.size());
    for (std::size_t i = 0; i < weights.size(); ++i) {
        for (std::size_t j = i + 1; j < weights.size(); ++j) {
            if (weights[i][j] != 0 || weights[j][i] != 0) {
                text += fmt::format("{} {}\n", i, j);
            }
        }
    }
    return text;
}

std::string text_of(const Matrix& weights) {
    std::string text;
    for (const std::vector<double>& row : weights) {
        text += fmt::format("{}\n", fmt::join(row, " "));
    }
    return text;
}

using Models = Matrix;  ///< [num_nodes][dimension]

/// The experiments of one file.
class Runs {
  public:
    Runs(const std::filesystem::path& path, const RoundsProblem& problem)
        : problem_(problem),
          dataset_("quadratic:" + path.string()),
          edges_(folder_.write("edges", edges_of(problem.weights))),
          weights_(folder_.write("weights", text_of(problem.weights))) {
        register_quadratic_task();
        for (const std::vector<double>& start : problem.start) {
            const std::vector<float> values(start.begin(), start.end());
            start_.push_back(make_parameters(values));
        }
    }

    /// Returns the models after so many rounds.
    Models run(const NamedMethod& method, std::uint64_t rounds) const {
        ExperimentOptions options;
        options.nodes = static_cast<std::uint32_t>(problem_.num_nodes);
        options.topology = "file:" + edges_;
        options.weights = "file:" + weights_;
        if (!method.topology.empty()) {
            options.topology = method.topology;
        } else if (!method.arcs.empty()) {
            options.topology = "directed:file:" + folder_.write("arcs", method.arcs);
        } else if (!method.edges.empty()) {
            options.topology = "file:" + folder_.write("own-edges", method.edges);
            options.weights = "metropolis";
        }
        if (method.splits) {
            options.weights = "column-stochastic";
        }
        options.protocol = method.protocol;
        options.rounds = rounds;
        options.dataset = dataset_;
        options.partition = "in-order";
        options.model = "point";
        options.training = {.batch_size = 0, .local_steps = 1, .lr = problem_.eta};
        options.network = "ideal";
        options.clock = "modelled:1ms";
        options.link_bins = 0;
        options.eval_every = rounds + 1;
        options.eval_nodes = "1";
        options.workers = 1;
        options.quiet = true;
        ExperimentInputs inputs;
        inputs.initial = start_;
        Models models;
        for (const Parameters& parameters : run_of(options, std::move(inputs)).parameters) {
            models.emplace_back(parameters->values().begin(), parameters->values().end());
        }
        return models;
    }

    /// Returns the largest distance of a value from the optimum's.
    double error_of(const Models& models) const {
        double largest = 0;
        for (const std::vector<double>& model : models) {
            for (std::size_t c = 0; c < model.size(); ++c) {
                largest = std::max(largest, std::abs(model[c] - problem_.optimum[c]));
            }
        }
        return largest;
    }

    /// Returns the largest value of the optimum, or 1: what float32 resolves is a part of that.
    double scale() const {
        double largest = 1;
        for (const double value : problem_.optimum) {
            largest = std::max(largest, std::abs(value));
        }
        return largest;
    }

    /// Returns how near to the optimum, as a part of scale(), float32 can come: where a step, the
    /// rate times the curvature of all times what is left, is below a value's rounding, a model
    /// stands still; a few nodes' models that each do add up.
    double resolution() const {
        constexpr double kRounding = 0x1p-24;
        constexpr double kModels = 4;
        double least = std::numeric_limits<double>::infinity();
        for (std::size_t c = 0; c < problem_.dimension; ++c) {
            double sum = 0;
            for (const std::vector<double>& curvatures : problem_.curvatures) {
                sum += curvatures[c];
            }
            least = std::min(least, sum / static_cast<double>(problem_.num_nodes));
        }
        return least > 0 ? kModels * kRounding / (problem_.eta * least) : 0;
    }

  private:
    static RunResult run_of(const ExperimentOptions& options, ExperimentInputs inputs) {
        try {
            RunResult result = Experiment(options, std::move(inputs)).run();
            if (result.summary.status == "complete") {
                return result;
            }
            throw FailedRun(
                fmt::format("the run ended {}: {}", result.summary.status, result.summary.error));
        } catch (const std::invalid_argument& error) {
            throw FailedRun(error.what());
        }
    }

    const RoundsProblem& problem_;
    ScratchFolder folder_;
    std::string dataset_;
    std::string edges_;
    std::string weights_;
    std::vector<Parameters> start_;
};

/// Returns the largest relative difference from what a field has of all nodes.
double compare(const Models& ours, const Field& theirs) {
    theirs.require_size(ours.size());
    double largest = 0;
    for (std::size_t node = 0; node < ours.size(); ++node) {
        const Field model = theirs.at(node);
        model.require_size(ours[node].size());
        for (std::size_t c = 0; c < ours[node].size(); ++c) {
            largest = std::max(largest, relative_difference(ours[node][c], model.at(c).number()));
        }
    }
    return largest;
}

std::vector<RuleDifference> replay_method(const Runs& runs,
                                          const std::string& key,
                                          const NamedMethod& method,
                                          const Field& recorded) {
    std::vector<RuleDifference> differences;
    // A method that fails on this problem is one difference; the others are replayed.
    const auto add = [&differences](const std::string& name, const auto& compared) {
        try {
            differences.push_back(compared(name));
        } catch (const FailedRun& error) {
            differences.push_back(not_replayed(name, error.what()));
        }
    };
    if (recorded.has("x_after_round_1_2_3")) {
        add(key, [&](const std::string& name) {
            const Field rounds = recorded.at("x_after_round_1_2_3");
            RuleDifference worst{name, 0};
            for (std::size_t round = 0; round < rounds.size(); ++round) {
                worst.relative = std::max(worst.relative,
                                          compare(runs.run(method, round + 1), rounds.at(round)));
            }
            worst.note =
                fmt::format("rounds 1 to {}, --protocol={}", rounds.size(), method.protocol);
            return worst;
        });
    }
    if (recorded.has("max_error_after_2000")) {
        add(key + ".max_error_after_2000", [&](const std::string& name) {
            const double theirs = recorded.at("max_error_after_2000").number();
            const double ours = runs.error_of(runs.run(method, kManyRounds));
            return RuleDifference{name,
                                  relative_difference(ours / runs.scale(), theirs / runs.scale()),
                                  runs.resolution(),
                                  fmt::format("{:.3e} in float32, {:.3e} there", ours, theirs)};
        });
    }
    if (differences.empty()) {
        recorded.refuse("has neither x_after_round_1_2_3 nor max_error_after_2000");
    }
    return differences;
}

/// `qg_dsgdm_betaX_muY`
std::optional<NamedMethod> parse_quasi_global(const std::string& key) {
    constexpr std::string_view kBegin = "qg_dsgdm_beta";
    constexpr std::string_view kMiddle = "_mu";
    const std::size_t middle = key.find(kMiddle);
    if (!key.starts_with(kBegin) || middle == std::string::npos) {
        return std::nullopt;
    }
    const std::string beta = key.substr(kBegin.size(), middle - kBegin.size());
    const std::string mu = key.substr(middle + kMiddle.size());
    // Digits alone: they become part of an option's text.
    if ((beta + mu).find_first_not_of("0123456789.e-") != std::string::npos) {
        return std::nullopt;
    }
    return NamedMethod{.protocol = fmt::format("qg-dsgdm:beta={},mu={}", beta, mu)};
}

/// i sends to i + 1 around a ring, and 0 to 2 as well.
std::string ring_with_a_chord(std::size_t num_nodes) {
    if (num_nodes < 3) {
        throw std::invalid_argument(
            fmt::format("a ring with the chord 0 2 needs 3 nodes, got {}", num_nodes));
    }
    std::string text = fmt::format("{}\n0 2\n", num_nodes);
    for (std::size_t i = 0; i < num_nodes; ++i) {
        text += fmt::format("{} {}\n", i, (i + 1) % num_nodes);
    }
    return text;
}

std::string chain(std::size_t num_nodes) {
    std::string text = fmt::format("{}\n", num_nodes);
    for (std::size_t i = 1; i < num_nodes; ++i) {
        text += fmt::format("{} {}\n", i - 1, i);
    }
    return text;
}

}  // namespace

NamedMethod parse_method_key(const std::string& key, std::size_t num_nodes) {
    // Names of methods as they are, whatever the problem.
    static const std::map<std::string, std::string> kPlain{
        {"dpsgd", "dpsgd"},
        {"gradient_tracking_relaysgd_form", "gt:form=relaysgd"},
        {"gradient_tracking_qg_form", "gt:form=qg"},
        {"gradient_tracking_diging", "gt:form=diging"},
        {"d2", "d2:spectrum=any"},  // the first rounds are there where it does not converge
        {"exact_diffusion", "d2:form=exact-diffusion"},
        {"extra", "extra"}};
    if (const auto plain = kPlain.find(key); plain != kPlain.end()) {
        return {.protocol = plain->second};
    }
    if (auto quasi_global = parse_quasi_global(key)) {
        return *std::move(quasi_global);
    }
    if (key == "sgp_directed_exponential_1peer") {
        return {.protocol = "sgp", .topology = "dynamic:one-peer-exponential", .splits = true};
    }
    if (key == "sgp_irregular") {
        return {.protocol = "sgp", .arcs = ring_with_a_chord(num_nodes), .splits = true};
    }
    if (key == "relaysum_model_chain") {
        return {.protocol = "relaysgd", .edges = chain(num_nodes)};
    }
    throw std::invalid_argument(
        "names no method, allowed dpsgd, gradient_tracking_relaysgd_form, "
        "gradient_tracking_qg_form, gradient_tracking_diging, d2, exact_diffusion, extra, "
        "qg_dsgdm_betaX_muY, sgp_directed_exponential_1peer, sgp_irregular, relaysum_model_chain");
}

std::vector<RuleDifference> replay_optimisers(const std::filesystem::path& path,
                                              const Field& root) {
    const RoundsProblem problem = read_rounds_problem(root);
    const Runs runs(path, problem);
    const Field section = root.at("optimisers");
    if (!section.json.is_object()) {
        section.refuse(fmt::format("no object, got {}", section.json.type_name()));
    }
    std::vector<RuleDifference> all;
    for (const auto& [key, value] : section.json.items()) {
        std::optional<NamedMethod> method;
        try {
            method = parse_method_key(key, problem.num_nodes);
        } catch (const std::invalid_argument& error) {
            all.push_back(not_replayed(shown(key), error.what()));
            continue;
        }
        for (RuleDifference& difference : replay_method(runs, key, *method, section.at(key))) {
            all.push_back(std::move(difference));
        }
    }
    return all;
}

}  // namespace murmur::replay
