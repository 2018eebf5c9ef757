#include "emulator/protocols/mixing_protocol.h"

#include "emulator/network/overlay.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>
#include <string_view>

namespace murmur {

namespace {

/// The note that stands for a message that the network gave up.
constexpr std::uint32_t kLost = 0;

constexpr const char* kDoublyStochastic = "metropolis, max-degree or a file with such weights";

[[noreturn]] void refuse_weights(const ProtocolOptions& options,
                                 const std::string& what,
                                 std::string_view allowed = kDoublyStochastic) {
    throw std::invalid_argument(fmt::format("--weights: got {} with --protocol={}, {}, allowed {}",
                                            options.weights,
                                            options.protocol,
                                            what,
                                            allowed));
}

/// Refuses matrices with a column that does not sum to 1.
void check_columns(const ProtocolOptions& options,
                   const Overlay& overlay,
                   std::string_view allowed) {
    constexpr double kTolerance = 1e-6;  // as of rows in a file
    for (NodeId node = 0; node < options.nodes; ++node) {
        const Neighbors neighbors = overlay.neighbors(node, 0);
        double column = neighbors.self;
        for (const NeighborWeight& edge : neighbors.out) {
            column += edge.weight;
        }
        if (std::abs(column - 1) > kTolerance) {
            refuse_weights(options,
                           fmt::format("which needs columns that sum to 1, and that of node {} "
                                       "sums to {:.6g}",
                                       node,
                                       column),
                           allowed);
        }
    }
}

}  // namespace

void MixingProtocol::on_start() {
    buffers_ = BufferPlaces(node().layout());
    Dpsgd::on_start();
}

void MixingProtocol::train(ModelHandle model, std::function<void(ModelHandle)> done) {
    start_ = model;
    Dpsgd::train(std::move(model), std::move(done));
}

void MixingProtocol::encode(ModelHandle& trained, NodeContext::EncodedCallback done) {
    make_message(std::exchange(start_, {}),
                 std::exchange(trained, {}),
                 [this, done = std::move(done)](const EncodedHandle& message) {
                     own_ = message;
                     done(message);
                 });
}

void MixingProtocol::merge(ModelHandle /*trained*/,
                           double self_weight,
                           std::vector<WeightedModel> neighbors,
                           NodeContext::ModelCallback done) {
    MixingWeights weights{.self = self_weight};
    std::vector<EncodedHandle> received;
    for (WeightedModel& neighbor : neighbors) {
        if (neighbor.content) {
            weights.others.push_back(neighbor.weight);
            received.push_back(std::move(neighbor.content));
        } else {
            weights.self += neighbor.weight;
            node().count("vectors_lost");
        }
    }
    if (halved_) {
        weights.halve();
    }
    mix(std::move(weights), std::exchange(own_, {}), std::move(received), std::move(done));
}

void MixingProtocol::on_send_failed(const Outgoing& message, const std::string& reason) {
    if (is_departure(reason)) {
        Dpsgd::on_send_failed(message, reason);
        return;
    }
    if (!message.content) {
        node().count("losses_untold");
        return;
    }
    // An empty message: it takes the place of the one that the receiver waits for.
    node().send({.to = message.to, .round = message.round, .note = make_note(kLost)});
}

void check_keeps_mean(const ProtocolOptions& options, const Overlay& overlay) {
    check_columns(options, overlay, kDoublyStochastic);
}

void check_splits(const ProtocolOptions& options, const Overlay& overlay) {
    check_columns(
        options,
        overlay,
        overlay.is_directed() ? std::string_view("column-stochastic") : kDoublyStochastic);
}

void check_symmetric(const ProtocolOptions& options, const Overlay& overlay) {
    constexpr double kTolerance = 1e-9;
    check_keeps_mean(options, overlay);
    for (NodeId node = 0; node < options.nodes; ++node) {
        const Neighbors neighbors = overlay.neighbors(node, 0);
        for (std::size_t i = 0; i < neighbors.in.size(); ++i) {
            if (std::abs(neighbors.in[i].weight - neighbors.out[i].weight) > kTolerance) {
                refuse_weights(
                    options,
                    fmt::format("which needs a symmetric matrix, and it has {:.6g} for {} {} and "
                                "{:.6g} for {} {}",
                                neighbors.in[i].weight,
                                node,
                                neighbors.in[i].neighbor,
                                neighbors.out[i].weight,
                                neighbors.in[i].neighbor,
                                node));
            }
        }
    }
}

}  // namespace murmur
