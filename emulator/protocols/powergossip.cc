// PowerGossip: gossip whose nodes learn of the differences between their models by power iteration.
// - [Vogels, 2020] T. Vogels, S. P. Karimireddy, M. Jaggi. Practical low-rank communication
//   compression in decentralized deep learning. NeurIPS 33, algorithm 1.

#include "emulator/nodes/protocol.h"
#include "emulator/protocols/mixing_protocol.h"
#include "emulator/protocols/plans.h"
#include "learning/encoding/whole_vectors.h"
#include "learning/random_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace murmur {

namespace {

/// The matrices of a model, one behind the other, and what is none of them.
struct Matrices {
    struct Matrix {
        std::size_t offset;
        std::size_t rows;
        std::size_t columns;
        std::size_t row_offset;     ///< in the vectors of all rows
        std::size_t column_offset;  ///< in those of all columns
    };
    struct Range {
        std::size_t begin;
        std::size_t size;
    };

    std::vector<Matrix> matrices{};
    std::vector<Range> others{};  ///< vectors and running statistics, which travel whole
    std::size_t rows = 0;         ///< of all matrices
    std::size_t columns = 0;
    std::size_t rest = 0;  ///< values in `others`
};

/// A tensor of two dimensions is a matrix; one of more is one of its first against all others.
Matrices matrices_of(const ParameterLayout& layout, std::size_t num_parameters) {
    Matrices all;
    if (layout.empty()) {
        all.others.push_back({0, num_parameters});
        all.rest = num_parameters;
        return all;
    }
    std::size_t offset = 0;
    for (const ParameterBlock& block : layout) {
        const std::size_t size = block.size();
        if (block.is_trained && block.shape.size() > 1 && size > 0) {
            const auto rows = static_cast<std::size_t>(block.shape.front());
            all.matrices.push_back({offset, rows, size / rows, all.rows, all.columns});
            all.rows += rows;
            all.columns += size / rows;
        } else if (size > 0) {
            all.others.push_back({offset, size});
            all.rest += size;
        }
        offset += size;
    }
    return all;
}

/// What the two ends of an edge remember of their difference, and have the same of: the unit
/// vectors of the latest power iteration.
struct Directions {
    enum Place : std::uint8_t { kLeft, kRight, kCount };  // [rows], [columns]
};

void normalize(std::span<float> vector) {
    double square = 0;
    for (const float value : vector) {
        square += static_cast<double>(value) * value;
    }
    const double factor = square > 0 ? 1 / std::sqrt(square) : 0;
    for (float& value : vector) {
        value = static_cast<float>(factor * value);
    }
}

/// Returns X q of each matrix, and what is no matrix.
Parameters right_products(const Matrices& all,
                          const ParameterVector& x,
                          std::span<const float> right) {
    auto products = std::make_shared<ParameterVector>(all.rows + all.rest);
    for (const Matrices::Matrix& matrix : all.matrices) {
        const float* row = x.values().data() + matrix.offset;
        for (std::size_t i = 0; i < matrix.rows; ++i, row += matrix.columns) {
            double sum = 0;
            for (std::size_t k = 0; k < matrix.columns; ++k) {
                sum += static_cast<double>(row[k]) * right[matrix.column_offset + k];
            }
            products->values()[matrix.row_offset + i] = static_cast<float>(sum);
        }
    }
    std::size_t to = all.rows;
    for (const Matrices::Range& range : all.others) {
        std::ranges::copy(x.values().subspan(range.begin, range.size),
                          products->values().subspan(to, range.size).begin());
        to += range.size;
    }
    return products;
}

/// Returns X^T p of each matrix.
Parameters left_products(const Matrices& all,
                         const ParameterVector& x,
                         std::span<const float> left) {
    auto products = std::make_shared<ParameterVector>(all.columns);
    std::vector<double> sums;
    for (const Matrices::Matrix& matrix : all.matrices) {
        sums.assign(matrix.columns, 0.0);
        const float* row = x.values().data() + matrix.offset;
        for (std::size_t i = 0; i < matrix.rows; ++i, row += matrix.columns) {
            const double factor = left[matrix.row_offset + i];
            for (std::size_t k = 0; k < matrix.columns; ++k) {
                sums[k] += factor * row[k];
            }
        }
        std::ranges::transform(
            sums,
            products->values().subspan(matrix.column_offset, matrix.columns).begin(),
            [](double sum) { return static_cast<float>(sum); });
    }
    return products;
}

std::span<const float> values_of(const Encoded& message) {
    return dynamic_cast<const WholeVectors&>(*message).vectors().front()->values();
}

/// Returns lower - higher of the first values of two messages of an edge.
std::vector<float> difference(std::span<const float> lower,
                              std::span<const float> higher,
                              std::size_t begin,
                              std::size_t size) {
    std::vector<float> values(size);
    for (std::size_t i = 0; i < size; ++i) {
        values[i] = lower[begin + i] - higher[begin + i];
    }
    return values;
}

/// PowerGossip: D-PSGD in which the ends i < j of an edge replace X_i - X_j, matrix by matrix, by
/// its best approximation of rank 1 that one power iteration finds:
///
///     both send X q;      p = (X_i q - X_j q) / |.|;
///     both send X^T p;    d = X_i^T p - X_j^T p;      X_i - X_j is about p d^T;     q <- d / |d|
///     X_i <- X_i - w_ij p d^T,     X_j <- X_j + w_ij p d^T
///
/// so that the mean stays, whatever the approximation is.  q begins at random, the same at both
/// ends, and is better from round to round: what the difference is made of changes slowly.  What is
/// no matrix travels whole, with the first message.
///
/// Where nodes leave, for good alone, their edges are left out (`missing_models`).
class PowerGossip final : public Protocol {
  public:
    using Protocol::Protocol;

    void on_start() override {
        matrices_ =
            std::make_shared<const Matrices>(matrices_of(node().layout(), node().num_parameters()));
        model_ = node().initial_model();
        for (const NeighborWeight& edge : node().neighbors(0).in) {
            directions_.emplace(
                edge.neighbor,
                StateCell<KeptVectors>(node().id(), fmt::format("edge {}", edge.neighbor), {}));
            node().watch(edge.neighbor);
        }
        begin_round();
    }

    void on_message(const Incoming& message) override {
        const auto step = static_cast<std::size_t>(message.note->kind());
        if (step >= kSteps || !message.content) {
            throw std::invalid_argument(
                fmt::format("powergossip: a message of kind {}, allowed 0, 1", step));
        }
        if (node().is_done() || message.round < node().round()) {
            node().count("late_models");
            return;
        }
        arrived_[step][message.round][message.from] = message.content;
        proceed();
    }

    void on_send_failed(const Outgoing& message, const std::string& reason) override {
        if (!is_departure(reason)) {
            Protocol::on_send_failed(message, reason);
        }
    }

    void on_peer_left(NodeId /*peer*/) override { proceed(); }

    std::string waits_for() const override {
        return fmt::format(
            "round {}: {}",
            node().round(),
            phase_ == Phase::kWaiting ? "products of its neighbors" : "its own work");
    }

  private:
    static constexpr std::size_t kSteps = 2;
    enum class Phase : std::uint8_t { kWorking, kWaiting };

    [[nodiscard]] std::size_t length_of(std::size_t step) const {
        return step == 0 ? matrices_->rows + matrices_->rest : matrices_->columns;
    }

    void begin_round() {
        if (node().is_done()) {
            return;
        }
        for (auto& of_step : arrived_) {
            of_step.erase(of_step.begin(), of_step.lower_bound(node().round()));
        }
        phase_ = Phase::kWorking;
        step_ = 0;
        edges_.clear();
        for (const NeighborWeight& edge : node().neighbors(node().round()).in) {
            if (node().is_present(edge.neighbor)) {
                edges_.push_back({edge.neighbor, edge.weight, {}});
            } else {
                node().count("missing_models");
            }
        }
        node().train(std::exchange(model_, {}), node().round(), [this](TrainedModel trained) {
            model_ = std::move(trained.model);
            send();
        });
    }

    /// Makes and sends the messages of a step, to one neighbor after the other.
    void send() {
        phase_ = Phase::kWorking;
        to_send_ = edges_.size();
        if (to_send_ == 0) {
            wait();
        }
        for (std::size_t i = 0; i < edges_.size(); ++i) {
            step_ == 0 ? send_right(i) : send_left(i);
        }
    }

    void send_right(std::size_t i) {
        const NodeId other = edges_[i].neighbor;
        const NodeId lower = std::min(node().id(), other);
        const NodeId higher = std::max(node().id(), other);
        const std::uint64_t seed = node().shared_stream(
            "powergossip", std::uint64_t{lower} * node().num_nodes() + higher)();
        make(
            i,
            [all = matrices_, seed](const Parameters& x, KeptVectors& kept) -> Encoded {
                if (kept.vectors.empty()) {
                    kept.vectors.resize(Directions::kCount);
                    RandomStream stream(seed);
                    for (std::size_t k = 0; k < all->columns; ++k) {
                        kept.vectors[Directions::kRight].push_back(
                            static_cast<float>(stream.normal()));
                    }
                }
                return std::make_shared<const WholeVectors>(
                    std::vector{right_products(*all, *x, kept.vectors[Directions::kRight])});
            },
            model_,
            directions_.at(other));
    }

    void send_left(std::size_t i) {
        const NodeId other = edges_[i].neighbor;
        const bool is_lower = node().id() < other;
        make(
            i,
            [all = matrices_, is_lower](const Parameters& x,
                                        const Encoded& own,
                                        const Encoded& theirs,
                                        KeptVectors& kept) -> Encoded {
                std::vector<float>& left = kept.vectors[Directions::kLeft];
                left = difference(values_of(is_lower ? own : theirs),
                                  values_of(is_lower ? theirs : own),
                                  0,
                                  all->rows);
                for (const Matrices::Matrix& matrix : all->matrices) {
                    normalize(std::span(left).subspan(matrix.row_offset, matrix.rows));
                }
                return std::make_shared<const WholeVectors>(
                    std::vector{left_products(*all, *x, left)});
            },
            model_,
            edges_[i].own[0],
            edges_[i].theirs[0],
            directions_.at(other));
    }

    template <class F, class... Inputs>
    void make(std::size_t i, F function, Inputs... inputs) {
        node().encode_with(
            {.round = node().round(),
             .values_read = node().num_parameters(),
             .size = WholeVectors::size_of(1, length_of(step_))},
            std::move(function),
            [this, i](const EncodedHandle& message) {
                edges_[i].own[step_] = message;
                node().send({.to = edges_[i].neighbor,
                             .round = node().round(),
                             .content = message,
                             .note = make_note(step_)});
                if (--to_send_ == 0) {
                    wait();
                }
            },
            std::move(inputs)...);
    }

    void wait() {
        phase_ = Phase::kWaiting;
        proceed();
    }

    void proceed() {
        if (phase_ != Phase::kWaiting) {
            return;
        }
        std::map<NodeId, EncodedHandle>& arrived = arrived_[step_][node().round()];
        for (const Edge& edge : edges_) {
            if (!arrived.contains(edge.neighbor) && node().is_present(edge.neighbor)) {
                return;
            }
        }
        std::erase_if(edges_, [&](const Edge& edge) {
            const bool is_gone = !arrived.contains(edge.neighbor);
            if (is_gone) {
                node().count("missing_models");
            }
            return is_gone;
        });
        for (Edge& edge : edges_) {
            edge.theirs[step_] = std::move(arrived.at(edge.neighbor));
        }
        arrived_[step_].erase(node().round());
        if (++step_ < kSteps) {
            send();
        } else {
            phase_ = Phase::kWorking;
            // Of differences between the models as they were: the order of edges changes nothing
            // but rounding.
            apply(0);
        }
    }

    void apply(std::size_t i) {
        if (i == edges_.size()) {
            node().finish_round(model_);
            begin_round();
            return;
        }
        Edge& edge = edges_[i];
        const bool is_lower = node().id() < edge.neighbor;
        node().compute(
            {.kind = TaskKind::kMerge,
             .round = node().round(),
             .values_read = node().num_parameters()},
            [all = matrices_, is_lower, weight = edge.weight](const Parameters& x,
                                                              const std::vector<Encoded>& own,
                                                              const std::vector<Encoded>& theirs,
                                                              KeptVectors& kept) {
                const std::vector<Encoded>& lower = is_lower ? own : theirs;
                const std::vector<Encoded>& higher = is_lower ? theirs : own;
                return moved(*all, *x, is_lower ? -weight : weight, lower, higher, kept);
            },
            [this, i](ModelHandle moved) {
                model_ = std::move(moved);
                apply(i + 1);
            },
            std::exchange(model_, {}),
            std::vector<EncodedHandle>(edge.own.begin(), edge.own.end()),
            std::vector<EncodedHandle>(edge.theirs.begin(), edge.theirs.end()),
            directions_.at(edge.neighbor));
    }

    /// Returns x + factor (p d^T), and the same of what is no matrix; keeps the direction of d.
    static Parameters moved(const Matrices& all,
                            const ParameterVector& x,
                            double factor,
                            const std::vector<Encoded>& lower,
                            const std::vector<Encoded>& higher,
                            KeptVectors& kept) {
        auto result = copy_of(x);
        std::vector<float> d =
            difference(values_of(lower[1]), values_of(higher[1]), 0, all.columns);
        const std::vector<float>& left = kept.vectors[Directions::kLeft];
        for (const Matrices::Matrix& matrix : all.matrices) {
            float* row = result->values().data() + matrix.offset;
            for (std::size_t i = 0; i < matrix.rows; ++i, row += matrix.columns) {
                const double of_row = factor * left[matrix.row_offset + i];
                for (std::size_t k = 0; k < matrix.columns; ++k) {
                    row[k] = static_cast<float>(row[k] + of_row * d[matrix.column_offset + k]);
                }
            }
        }
        const std::vector<float> rest =
            difference(values_of(lower[0]), values_of(higher[0]), all.rows, all.rest);
        std::size_t from = 0;
        for (const Matrices::Range& range : all.others) {
            for (float& value : result->values().subspan(range.begin, range.size)) {
                value = static_cast<float>(value + factor * rest[from++]);
            }
        }
        for (const Matrices::Matrix& matrix : all.matrices) {
            const auto direction = std::span(d).subspan(matrix.column_offset, matrix.columns);
            normalize(direction);
            // Of equal models there is none: that of the round before stays.
            if (std::ranges::any_of(direction, [](float value) { return value != 0; })) {
                std::ranges::copy(direction,
                                  kept.vectors[Directions::kRight].begin() +
                                      static_cast<std::ptrdiff_t>(matrix.column_offset));
            }
        }
        return result;
    }

    /// A neighbor of this round, and what both have sent.
    struct Edge {
        NodeId neighbor;
        double weight;
        std::array<EncodedHandle, kSteps> own;
        std::array<EncodedHandle, kSteps> theirs{};
    };

    std::shared_ptr<const Matrices> matrices_;
    std::map<NodeId, StateCell<KeptVectors>> directions_;
    ModelHandle model_;
    Phase phase_ = Phase::kWorking;
    std::size_t step_ = 0;
    std::size_t to_send_ = 0;
    std::vector<Edge> edges_;
    /// By step, round and sender.
    std::array<std::map<std::uint64_t, std::map<NodeId, EncodedHandle>>, kSteps> arrived_;
};

}  // namespace

void register_powergossip(ProtocolRegistry& registry) {
    registry.add(
        {"powergossip", "D-PSGD that exchanges approximations of rank 1 of models' differences"},
        [](const Options&, NodeId) {
            ProtocolPlan plan = plan_of<PowerGossip>();
            plan.needs_static_overlay = true;
            plan.has_own_messages = true;
            plan.check_overlay = check_symmetric;
            plan.lives_with_churn = true;
            plan.lives_with_returns = false;
            return plan;
        });
}

}  // namespace murmur
