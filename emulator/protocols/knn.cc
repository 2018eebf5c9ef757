#include "emulator/protocols/knn.h"

#include "emulator/protocols/plans.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace murmur {

namespace {

std::uint32_t read_degree(const Note& note) {
    NoteReader reader(note, "knn: a degree");
    const std::uint32_t degree = reader.u32();
    reader.expect_end();
    return degree;
}

}  // namespace

double cosine_similarity(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b) {
    double product = 0;
    double square_a = 0;
    double square_b = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        product += static_cast<double>(a[i]) * b[i];
        square_a += static_cast<double>(a[i]) * a[i];
        square_b += static_cast<double>(b[i]) * b[i];
    }
    return product > 0 ? product / std::sqrt(square_a * square_b) : 0;
}

Knn::Knn(NodeContext& node, Options options, const Dpsgd::Options& missing)
    : Dpsgd(node, missing),
      options_(options),
      histograms_(
          kHistogram,
          options.hops,
          [this](NodeId owner, const Flood::Item& item) { consider(owner, item); },
          [this] { tell_choice(); }),
      choices_(
          kChoice,
          options.hops,
          [this](NodeId owner, const Flood::Item& chosen) {
              if (std::find(chosen.begin(), chosen.end(), this->node().id()) != chosen.end()) {
                  peers_.insert(owner);
              }
          },
          [this] { tell_degree(); }) {}

void Knn::on_start() {
    histogram_ = node().label_histogram();
    if (node().has_churn()) {
        for (const NeighborWeight& edge : node().neighbors(0).in) {
            node().watch(edge.neighbor);
        }
    }
    if (node().now() > SimTime(0)) {
        node().count("left_alone");  // the others have found their peers
        learn(true);
        return;
    }
    histograms_.start(node(), histogram_);
}

void Knn::on_message(const Incoming& message) {
    if (!message.note) {
        Dpsgd::on_message(message);
        return;
    }
    switch (static_cast<Kind>(message.note->kind())) {
        case kHistogram:
            if (!is_learning_) {
                histograms_.receive(node(), message);
            }
            break;
        case kChoice:
            if (!is_learning_) {
                choices_.receive(node(), message);
            }
            break;
        case kDegree:
            take_degree(message);
            break;
        case kNoPeer:
            drop_peer(message.from);
            break;
    }
}

void Knn::take_degree(const Incoming& message) {
    const NodeId from = message.from;
    const bool is_peer = knows_peers_ ? peers_.contains(from) : !is_learning_;
    if (!is_peer || dropped_.contains(from)) {
        node().send({.to = from, .round = 0, .note = make_note(kNoPeer)});
        return;
    }
    degrees_[from] = read_degree(*message.note);
    learn_when_complete();
}

void Knn::consider(NodeId owner, std::span<const std::uint32_t> histogram) {
    const double similarity = cosine_similarity(histogram_, histogram);
    nearest_.emplace(options_.most_similar ? -similarity : similarity, owner);
    if (nearest_.size() > options_.k) {
        nearest_.erase(std::prev(nearest_.end()));
    }
}

void Knn::tell_choice() {
    for (const auto& [distance, owner] : nearest_) {
        if (!dropped_.contains(owner)) {
            peers_.insert(owner);
        }
    }
    choices_.start(node(), {peers_.begin(), peers_.end()});
}

void Knn::tell_degree() {
    std::erase_if(peers_, [this](NodeId peer) {
        return dropped_.contains(peer) || !node().is_present(peer);
    });
    knows_peers_ = true;
    const NotePtr note =
        NoteWriter(kDegree).u32(static_cast<std::uint32_t>(peers_.size())).finish();
    for (const NodeId peer : peers_) {
        node().watch(peer);
        node().send({.to = peer, .round = 0, .note = note});
    }
    // Who counts on this node and is none of its peers has missed that it was away, or the other
    // way round.
    for (const auto& [other, degree] : degrees_) {
        if (!peers_.contains(other)) {
            node().send({.to = other, .round = 0, .note = make_note(kNoPeer)});
        }
    }
    std::erase_if(degrees_, [this](const auto& other) { return !peers_.contains(other.first); });
    learn_when_complete();
}

void Knn::learn_when_complete() {
    const bool is_complete = std::all_of(
        peers_.begin(), peers_.end(), [this](NodeId peer) { return degrees_.contains(peer); });
    if (!is_learning_ && knows_peers_ && is_complete) {
        learn(false);
    }
}

void Knn::learn(bool was_away) {
    for (const auto& [peer, degree] : degrees_) {
        const auto larger = std::max<std::size_t>(degree, peers_.size());
        const double weight = 1.0 / static_cast<double>(larger + 1);
        found_.in.push_back({peer, weight});
        found_.self -= weight;
    }
    found_.out = found_.in;
    is_learning_ = true;
    begin(was_away);
}

// Nodes that come and go.

void Knn::drop_peer(NodeId peer) {
    dropped_.insert(peer);
    peers_.erase(peer);
    degrees_.erase(peer);
    const auto edge = std::find_if(found_.in.begin(), found_.in.end(), [peer](const auto& other) {
        return other.neighbor == peer;
    });
    if (edge != found_.in.end()) {
        found_.self += edge->weight;
        found_.in.erase(edge);
        found_.out = found_.in;
        forget_neighbor(peer);
    }
    learn_when_complete();
}

void Knn::on_send_failed(const Outgoing& message, const std::string& reason) {
    if (!message.note || !is_departure(reason)) {
        Dpsgd::on_send_failed(message, reason);
    } else if (message.note->kind() == kDegree) {
        drop_peer(message.to);
    }
}

void Knn::on_peer_left(NodeId peer) {
    if (is_learning_) {
        Dpsgd::on_peer_left(peer);
        return;
    }
    // Who has told and been told is a peer, and returns as one.
    if (!knows_peers_ || !degrees_.contains(peer)) {
        drop_peer(peer);
    }
    histograms_.lose(node(), peer);
    choices_.lose(node(), peer);
}

void Knn::on_return(ModelHandle model) {
    if (!is_learning_) {
        if (!knows_peers_) {
            node().count("left_alone");
            peers_.clear();
            degrees_.clear();
        }
        // Others know of this node what it has told before it left.
        std::erase_if(peers_, [this](NodeId peer) { return !degrees_.contains(peer); });
        knows_peers_ = true;
        learn(true);
        if (!model) {
            return;
        }
    }
    Dpsgd::on_return(std::move(model));
}

std::string Knn::waits_for() const {
    if (is_learning_) {
        return Dpsgd::waits_for();
    }
    if (knows_peers_) {
        return "degrees of its peers";
    }
    return histograms_.is_running() ? "histograms of its neighbors" : "choices of its neighbors";
}

void register_knn(ProtocolRegistry& registry) {
    registry.add({"knn",
                  "dpsgd among peers with most (dis)similar label histograms",
                  {named("k", "4", "peers of each node; all others where there are fewer"),
                   word("most", {"similar", "dissimilar"}, "whom a node takes"),
                   named("hops", "3", "how far histograms travel"),
                   on_missing_option()}},
                 [](const Options& options, NodeId num_nodes) {
                     const std::int64_t most = num_nodes - 1;
                     Knn::Options chosen;
                     chosen.k = static_cast<std::size_t>(integer_or_fewer(options, "k", most));
                     chosen.most_similar =
                         options.choice<bool>("most", {{"similar", true}, {"dissimilar", false}});
                     chosen.hops =
                         static_cast<std::uint64_t>(integer_or_fewer(options, "hops", most));
                     ProtocolPlan plan = plan_of<Knn>(chosen, on_missing(options));
                     plan.lives_with_churn = true;
                     plan.peers = ProtocolPlan::Peers::kAny;
                     plan.needs_static_overlay = true;
                     plan.needs_labels = true;
                     plan.tells_of_data = "how many samples of each class a node has";
                     return plan;
                 });
}

}  // namespace murmur
