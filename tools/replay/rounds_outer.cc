#include "tools/replay/rounds_outer.h"

#include "learning/optimizer.h"
#include "learning/outer_optimizer.h"
#include "learning/parameters.h"
#include "tools/replay/rounds_problem.h"
#include "tools/text/number.h"
#include "tools/text/words.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace murmur::replay {
namespace {

constexpr double kLargest = 1e6;

/// What workers do between outer steps.
struct InnerWork {
    std::uint64_t steps = 0;
    double lr = 0;
    std::vector<std::size_t> workers{};
};

/// Returns the text up to the first character that is none of these.
std::string_view leading(std::string_view text, std::string_view characters) {
    return text.substr(0, std::min(text.find_first_not_of(characters), text.size()));
}

InnerWork read_inner(const Field& field, const RoundsProblem& problem) {
    if (!field.json.is_string()) {
        field.refuse(fmt::format("not a text, got {}", brief(field.json)));
    }
    const auto text = field.json.get<std::string>();
    InnerWork inner;
    constexpr double kMostSteps = 1e6;
    inner.steps = static_cast<std::uint64_t>(
        parse_number(field.where, field.number_behind(text, "H="), {0, kMostSteps}));
    inner.lr = parse_number(field.where, field.number_behind(text, "lr "), {0, kLargest});
    const std::size_t nodes = text.find("nodes ");
    std::string_view rest =
        nodes == std::string::npos ? std::string_view{} : std::string_view(text).substr(nodes);
    while (!rest.empty()) {
        rest.remove_prefix(std::min(rest.find_first_of("0123456789"), rest.size()));
        const std::string_view digits = leading(rest, "0123456789");
        if (!digits.empty()) {
            inner.workers.push_back(static_cast<std::size_t>(
                parse_number(field.where,
                             std::string(digits),
                             {0, static_cast<double>(problem.num_nodes - 1)})));
        }
        rest.remove_prefix(digits.size());
    }
    if (inner.workers.empty()) {
        field.refuse("names no workers, allowed such as 'workers = nodes 0 and 1'");
    }
    return inner;
}

Parameters parameters_of(const std::vector<double>& values) {
    return make_parameters(std::vector<float>(values.begin(), values.end()));
}

/// The inner work of the file's workers.
class Workers {
  public:
    Workers(const RoundsProblem& problem, const InnerWork& inner)
        : problem_(problem),
          inner_(inner),
          layout_{{.name = "x", .shape = {static_cast<std::int64_t>(problem.dimension)}}},
          sgd_(make_optimizer({.optimizer = "sgd"})) {}

    [[nodiscard]] std::size_t count() const { return inner_.workers.size(); }
    [[nodiscard]] const ParameterLayout& layout() const { return layout_; }
    [[nodiscard]] const std::vector<double>& start() const {
        return problem_.start[inner_.workers.front()];
    }

    /// Returns where a worker comes from x.
    [[nodiscard]] Parameters work(std::size_t worker, const ParameterVector& x) const {
        const std::size_t node = inner_.workers[worker];
        auto model = std::make_shared<ParameterVector>(x.size());
        std::ranges::copy(x.values(), model->values().begin());
        std::vector<float> gradient(x.size());
        const auto state = sgd_->initial_state(layout_);
        for (std::uint64_t step = 0; step < inner_.steps; ++step) {
            for (std::size_t c = 0; c < gradient.size(); ++c) {
                gradient[c] = static_cast<float>(problem_.curvatures[node][c] *
                                                 (model->values()[c] - problem_.centers[node][c]));
            }
            const TrainedTensor tensor{
                .block = 0, .offset = 0, .values = model->values(), .gradient = gradient};
            sgd_->step(std::span(&tensor, 1), *state, {.step = step, .lr = inner_.lr});
        }
        return model;
    }

  private:
    const RoundsProblem& problem_;
    InnerWork inner_;
    ParameterLayout layout_;
    std::unique_ptr<const LocalOptimizer> sgd_;
};

void compare(const ParameterVector& ours, const Field& theirs, double& worst) {
    theirs.require_size(ours.size());
    for (std::size_t c = 0; c < ours.size(); ++c) {
        worst = std::max(worst, relative_difference(ours.values()[c], theirs.at(c).number()));
    }
}

double replay_diloco(const Workers& workers, const OuterOptimizer& outer, const Field& rounds) {
    Parameters theta = parameters_of(workers.start());
    std::vector<float> velocity;
    double worst = 0;
    for (std::size_t round = 0; round < rounds.size(); ++round) {
        auto mean = std::make_shared<ParameterVector>(theta->size());
        std::ranges::fill(mean->values(), 0.0F);
        for (std::size_t worker = 0; worker < workers.count(); ++worker) {
            const Parameters drift = drift_between(*theta, *workers.work(worker, *theta));
            for (std::size_t c = 0; c < mean->size(); ++c) {
                mean->values()[c] += drift->values()[c] / static_cast<float>(workers.count());
            }
        }
        theta = outer.step(*theta, *mean, velocity, workers.layout());
        compare(*theta, rounds.at(round), worst);
    }
    return worst;
}

double replay_noloco(const Workers& workers,
                     const GroupOuterOptimizer& outer,
                     std::vector<Parameters> phi,
                     const Field& rounds) {
    std::vector<std::vector<float>> momenta(phi.size());
    double worst = 0;
    for (std::size_t round = 0; round < rounds.size(); ++round) {
        std::vector<std::vector<float>> changes;
        for (std::size_t worker = 0; worker < phi.size(); ++worker) {
            const Parameters theta = workers.work(worker, *phi[worker]);
            changes.emplace_back(theta->size());
            for (std::size_t c = 0; c < theta->size(); ++c) {
                changes.back()[c] = theta->values()[c] - phi[worker]->values()[c];
            }
        }
        const std::vector<Parameters> before = phi;
        std::vector<GroupOuterOptimizer::Member> members;
        for (std::size_t worker = 0; worker < phi.size(); ++worker) {
            members.push_back({before[worker]->values(), changes[worker]});
        }
        const Field recorded = rounds.at(round);
        recorded.require_size(phi.size());
        for (std::size_t worker = 0; worker < phi.size(); ++worker) {
            phi[worker] = outer.step(*before[worker], members, momenta[worker], workers.layout());
            compare(*phi[worker], recorded.at(worker), worst);
        }
    }
    return worst;
}

/// Takes a prefix off a text, if it has it.
bool take(std::string_view& text, std::string_view prefix) {
    if (!text.starts_with(prefix)) {
        return false;
    }
    text.remove_prefix(prefix.size());
    return true;
}

double take_number(const Field& field, std::string_view& text, double most) {
    const std::string_view number = leading(text, "0123456789.e-");
    text.remove_prefix(number.size());
    return parse_number(field.where, std::string(number), {0, most});
}

[[noreturn]] void refuse_key(const Field& field) {
    field.refuse(
        "names no outer step, allowed diloco_nesterov_LR_MU, diloco_heavy_ball_LR_MU, "
        "diloco_plain_LR_MU, noloco_pair_etaLR_muMU_start_[...]_[...]");
}

std::optional<OuterOptimizer> read_diloco_key(const Field& field, std::string_view key) {
    using Form = OuterOptimizer::Form;
    for (const auto& [prefix, form] : {std::pair{"diloco_nesterov_", Form::kNesterov},
                                       std::pair{"diloco_heavy_ball_", Form::kHeavyBall},
                                       std::pair{"diloco_plain_", Form::kPlain}}) {
        if (take(key, prefix)) {
            OuterOptimizer outer{.form = form, .lr = take_number(field, key, kLargest)};
            if (!take(key, "_")) {
                refuse_key(field);
            }
            outer.momentum = take_number(field, key, 1);
            if (!key.empty()) {
                refuse_key(field);
            }
            return outer;
        }
    }
    return {};
}

/// Reads `[0,0]_[1,1]`.
std::vector<Parameters> read_starts(const Field& field,
                                    std::string_view text,
                                    const Workers& workers) {
    std::vector<Parameters> starts;
    for (const std::string_view part : split(text, '_')) {
        const Json vector = Json::parse(part, nullptr, false);
        const Field start{vector, field.where};
        if (vector.is_discarded()) {
            refuse_key(field);
        }
        start.require_size(workers.start().size());
        std::vector<double> values;
        for (std::size_t c = 0; c < start.size(); ++c) {
            values.push_back(start.at(c).number());
        }
        starts.push_back(parameters_of(values));
    }
    if (starts.size() != workers.count()) {
        field.refuse(fmt::format("{} starts for {} workers", starts.size(), workers.count()));
    }
    return starts;
}

double replay_key(const Workers& workers, std::string_view key, const Field& rounds) {
    if (const auto outer = read_diloco_key(rounds, key)) {
        return replay_diloco(workers, *outer, rounds);
    }
    GroupOuterOptimizer outer;
    if (!take(key, "noloco_pair_eta")) {
        refuse_key(rounds);
    }
    outer.lr = outer.consensus = take_number(rounds, key, kLargest);
    if (!take(key, "_mu")) {
        refuse_key(rounds);
    }
    outer.momentum = take_number(rounds, key, 1);
    if (!take(key, "_start_")) {
        refuse_key(rounds);
    }
    return replay_noloco(workers, outer, read_starts(rounds, key, workers), rounds);
}

}  // namespace

std::vector<RuleDifference> replay_outer(const Field& root) {
    const RoundsProblem problem = read_rounds_problem(root);
    const Field section = root.at("outer");
    const Workers workers(problem, read_inner(section.at("inner"), problem));
    std::vector<RuleDifference> all;
    for (const auto& [key, value] : section.json.items()) {
        if (key != "inner") {
            const Field rounds = section.at(key);
            try {
                all.push_back({key,
                               replay_key(workers, key, rounds),
                               0,
                               fmt::format("rounds 1 to {}", rounds.size())});
            } catch (const std::invalid_argument& error) {
                all.push_back(not_replayed(shown(key), error.what()));  // the others are replayed
            }
        }
    }
    return all;
}

}  // namespace murmur::replay
