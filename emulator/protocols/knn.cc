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

Knn::Knn(NodeContext& node, Options options)
    : Dpsgd(node),
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
    histograms_.start(node(), histogram_);
}

void Knn::on_message(const Incoming& message) {
    if (!message.note) {
        Dpsgd::on_message(message);
    } else if (message.note->kind() == kHistogram) {
        histograms_.receive(node(), message);
    } else if (message.note->kind() == kChoice) {
        choices_.receive(node(), message);
    } else {
        degrees_[message.from] = read_degree(*message.note);
        learn_when_complete();
    }
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
        peers_.insert(owner);
    }
    choices_.start(node(), {peers_.begin(), peers_.end()});
}

void Knn::tell_degree() {
    knows_peers_ = true;
    const NotePtr note =
        NoteWriter(kDegree).u32(static_cast<std::uint32_t>(peers_.size())).finish();
    for (const NodeId peer : peers_) {
        node().send({.to = peer, .round = 0, .note = note});
    }
    learn_when_complete();
}

void Knn::learn_when_complete() {
    if (!knows_peers_ || degrees_.size() < peers_.size()) {
        return;
    }
    for (const auto& [peer, degree] : degrees_) {
        const auto larger = std::max<std::size_t>(degree, peers_.size());
        const double weight = 1.0 / static_cast<double>(larger + 1);
        found_.in.push_back({peer, weight});
        found_.self -= weight;
    }
    found_.out = found_.in;
    is_learning_ = true;
    Dpsgd::on_start();
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
                   named("hops", "3", "how far histograms travel")}},
                 [](const Options& options, NodeId num_nodes) {
                     const std::int64_t most = num_nodes - 1;
                     Knn::Options chosen;
                     chosen.k = static_cast<std::size_t>(integer_or_fewer(options, "k", most));
                     chosen.most_similar =
                         options.choice<bool>("most", {{"similar", true}, {"dissimilar", false}});
                     chosen.hops =
                         static_cast<std::uint64_t>(integer_or_fewer(options, "hops", most));
                     ProtocolPlan plan = plan_of<Knn>(chosen);
                     plan.peers = ProtocolPlan::Peers::kAny;
                     plan.needs_static_overlay = true;
                     plan.needs_labels = true;
                     return plan;
                 });
}

}  // namespace murmur
