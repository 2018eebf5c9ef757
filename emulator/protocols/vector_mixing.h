#pragma once

#include "emulator/nodes/message.h"
#include "learning/byte_stream.h"
#include "learning/encoding/whole_vectors.h"
#include "learning/parameter_layout.h"
#include "learning/parameters.h"
#include "learning/value_io.h"
#include "topologies/node_id.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace murmur {

// Methods that are a rule for each coordinate, around a mixing step.  A rule is
//
//     struct Rule {
//         static constexpr std::size_t kSent = 1;  // vectors that travel
//         static constexpr std::size_t kKept = 1;  // vectors that a node keeps; all 0 at first
//         /// What is sent, where training has moved x by u.
//         std::array<float, kSent> send(double x, double u, std::array<float, kKept>& kept) const;
//         /// The next x, with mixed = sum_j w_ij sent_j.
//         double receive(const std::array<float, kSent>& sent,
//                        const std::array<double, kSent>& mixed,
//                        std::array<float, kKept>& kept) const;
//     };
//
// Sums are in double, so that what is to sum to 0 over all nodes does, up to the rounding of what
// each keeps: rules add (mixed - sent), which keeps here what float32 takes of a message.

/// What a node keeps of a method between rounds: vectors of the model's length, or none before the
/// first round.
struct KeptVectors {
    std::vector<std::vector<float>> vectors{};
};
inline void write_value(const KeptVectors& value, ByteSink& sink) {
    sink.u64(value.vectors.size());
    for (const std::vector<float>& vector : value.vectors) {
        sink.floats(vector);
    }
}
template <>
struct ValueReader<KeptVectors> {
    static KeptVectors read(ByteSource& source) {
        KeptVectors value;
        for (std::size_t left = source.count_of(1); left > 0; --left) {
            value.vectors.push_back(source.floats());
        }
        return value;
    }
};

/// The weights that a node mixes with, its own and those of the messages that it has.
struct MixingWeights {
    double self = 1;
    std::vector<double> others{};
    std::vector<NodeId> from{};  ///< whose those are

    /// Makes (I + W) / 2 of W.
    void halve() {
        self = (1 + self) / 2;
        for (double& weight : others) {
            weight /= 2;
        }
    }
};

/// Where running statistics lie in a model.  They are none of a method's business: the trained ones
/// travel in the place of the first vector, and are averaged.
class BufferPlaces {
  public:
    struct Range {
        std::size_t begin;
        std::size_t end;
    };

    BufferPlaces() = default;
    explicit BufferPlaces(const ParameterLayout& layout) {
        for_each_buffer(layout, [this](std::size_t begin, std::size_t size) {
            ranges_.push_back({begin, begin + size});
        });
    }
    [[nodiscard]] const std::vector<Range>& ranges() const { return ranges_; }

  private:
    std::vector<Range> ranges_;
};

/// Returns the message of a round.
/// @param x        the model that the round began with
/// @param trained  what the local work made of it
template <class Rule>
[[nodiscard]] Encoded vectors_to_send(const Rule& of_method,
                                      const BufferPlaces& buffers,
                                      const ParameterVector& x,
                                      const ParameterVector& trained,
                                      KeptVectors& kept) {
    const std::size_t size = x.size();
    Rule rule = of_method;
    if (kept.vectors.empty()) {
        kept.vectors.assign(Rule::kKept, std::vector<float>(size));
        // For a node that is back with another model it is the first round again.
        if constexpr (requires { rule.be_first(); }) {
            rule.be_first();
        }
    }
    std::array<std::shared_ptr<ParameterVector>, Rule::kSent> vectors;
    for (auto& vector : vectors) {
        vector = std::make_shared<ParameterVector>(size);
    }
    const float* const before = x.values().data();
    const float* const after = trained.values().data();
    std::array<float, Rule::kKept> own{};
    for (std::size_t i = 0; i < size; ++i) {
        for (std::size_t k = 0; k < Rule::kKept; ++k) {
            own[k] = kept.vectors[k][i];
        }
        const double start = before[i];
        const std::array<float, Rule::kSent> sent = rule.send(start, after[i] - start, own);
        for (std::size_t v = 0; v < Rule::kSent; ++v) {
            vectors[v]->values()[i] = sent[v];
        }
        for (std::size_t k = 0; k < Rule::kKept; ++k) {
            kept.vectors[k][i] = own[k];
        }
    }
    for (const auto& [begin, end] : buffers.ranges()) {
        for (auto& vector : vectors) {
            std::ranges::fill(vector->values().subspan(begin, end - begin), 0.0F);
        }
        std::copy(after + begin, after + end, vectors.front()->values().data() + begin);
    }
    return std::make_shared<const WholeVectors>(
        std::vector<Parameters>(vectors.begin(), vectors.end()));
}

/// Returns the next model.
/// @param sent    what this node has sent
/// @param others  what others have sent, in ascending order of id
template <class Rule>
[[nodiscard]] Parameters mixed_model(const Rule& rule,
                                     const BufferPlaces& buffers,
                                     const MixingWeights& weights,
                                     const Encoded& sent,
                                     const std::vector<Encoded>& others,
                                     KeptVectors& kept) {
    struct Term {
        double weight;
        std::array<const float*, Rule::kSent> values;
    };
    const auto term_of = [](double weight, const Encoded& message) {
        const auto& vectors = dynamic_cast<const WholeVectors&>(*message).vectors();
        Term term{.weight = weight, .values = {}};
        for (std::size_t v = 0; v < Rule::kSent; ++v) {
            term.values[v] = vectors.at(v)->values().data();
        }
        return term;
    };
    std::vector<Term> terms{term_of(weights.self, sent)};
    for (std::size_t j = 0; j < others.size(); ++j) {
        terms.push_back(term_of(weights.others[j], others[j]));
    }
    const std::size_t size = dynamic_cast<const WholeVectors&>(*sent).vectors().front()->size();
    auto next = std::make_shared<ParameterVector>(size);
    // Block by block, so that the sums stay in the first cache level and vectors are read once.
    constexpr std::size_t kBlock = 1024;
    std::array<std::array<double, kBlock>, Rule::kSent> sums;
    std::array<float, Rule::kKept> own{};
    std::array<float, Rule::kSent> sent_here{};
    std::array<double, Rule::kSent> mixed{};
    for (std::size_t begin = 0; begin < size; begin += kBlock) {
        const std::size_t count = std::min(kBlock, size - begin);
        for (std::size_t v = 0; v < Rule::kSent; ++v) {
            std::fill_n(sums[v].begin(), count, 0.0);
            for (const Term& term : terms) {
                const float* const values = term.values[v] + begin;
                for (std::size_t i = 0; i < count; ++i) {
                    sums[v][i] += term.weight * values[i];
                }
            }
        }
        for (std::size_t i = 0; i < count; ++i) {
            for (std::size_t k = 0; k < Rule::kKept; ++k) {
                own[k] = kept.vectors[k][begin + i];
            }
            for (std::size_t v = 0; v < Rule::kSent; ++v) {
                sent_here[v] = terms.front().values[v][begin + i];
                mixed[v] = sums[v][i];
            }
            next->values()[begin + i] = static_cast<float>(rule.receive(sent_here, mixed, own));
            for (std::size_t k = 0; k < Rule::kKept; ++k) {
                kept.vectors[k][begin + i] = own[k];
            }
        }
    }
    for (const auto& [begin, end] : buffers.ranges()) {
        for (std::size_t i = begin; i < end; ++i) {
            double sum = 0;
            for (const Term& term : terms) {
                sum += term.weight * term.values[0][i];
            }
            next->values()[i] = static_cast<float>(sum);
        }
        for (std::vector<float>& vector : kept.vectors) {
            std::fill(vector.begin() + static_cast<std::ptrdiff_t>(begin),
                      vector.begin() + static_cast<std::ptrdiff_t>(end),
                      0.0F);
        }
    }
    return next;
}

}  // namespace murmur
