// The mean of all nodes' numbers over one-way links, where plain averaging gives another: each node
// splits what it has among those it sends to, and sends along how much of a whole that was.
//
//     x_i <- sum_j w_ij x_j,   w_i <- sum_j w_ij w_j,   estimate: x_i / w_i,   columns of W sum to
//     1 [Kempe, 2003, Gossip-based computation of aggregate information, protocol Push-Sum]
//
//     expect: every node within 0.001 of 2, the mean of 0 ... 4             runs in: < 1 s

#include "emulator/nodes/protocol.h"
#include "emulator/run/experiment.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <map>

class PushSum : public murmur::Protocol {
  public:
    using Protocol::Protocol;

    void on_start() override {
        x_ = node().initial_model();
        begin_round();
    }
    void on_message(const murmur::Incoming& message) override {
        inbox_[message.round][message.from] = message;
        merge_when_complete();
    }
    std::string waits_for() const override { return "its in-neighbors"; }

  private:
    void begin_round() {
        neighbors_ = node().neighbors(node().round());
        node().encode(x_, node().round(), [this](const murmur::EncodedHandle& encoded) {
            for (const auto& [neighbor, weight] : neighbors_.out) {
                node().send({.to = neighbor,
                             .round = node().round(),
                             .content = encoded,
                             .note = murmur::NoteWriter(0).f64(w_).finish()});
            }
            has_sent_ = true;
            merge_when_complete();
        });
    }
    void merge_when_complete() {
        auto& arrived = inbox_[node().round()];
        if (!has_sent_ || arrived.size() < neighbors_.in.size()) {
            return;
        }
        has_sent_ = false;
        std::vector<murmur::WeightedModel> models;
        w_ *= neighbors_.self;
        for (const auto& [neighbor, weight] : neighbors_.in) {
            const murmur::Incoming& message = arrived.at(neighbor);
            models.push_back({neighbor, weight, message.content});
            w_ += weight * murmur::NoteReader(*message.note, "push-sum: a weight").f64();
        }
        inbox_.erase(node().round());
        node().merge(x_, neighbors_.self, models, node().round(), [this](murmur::ModelHandle x) {
            x_ = x;
            estimate();
        });
    }
    /// Takes the bias out: any pure function of values is a task.
    void estimate() {
        const auto divide = [w = w_](const murmur::Parameters& x) {
            std::vector<float> z;
            for (const float value : x->values()) {
                z.push_back(static_cast<float>(value / w));
            }
            return murmur::make_parameters(z);
        };
        node().compute(
            {.kind = murmur::TaskKind::kMerge, .values_read = node().num_parameters()},
            divide,
            [this](murmur::ModelHandle z) {
                node().finish_round(z);
                if (!node().is_done()) {
                    begin_round();
                }
            },
            x_);
    }

    murmur::ModelHandle x_;
    double w_ = 1;
    murmur::Neighbors neighbors_;
    bool has_sent_ = false;
    std::map<std::uint64_t, std::map<murmur::NodeId, murmur::Incoming>> inbox_;
};

int main() {
    murmur::ExperimentOptions options;
    options.nodes = 5;
    options.topology = "directed:file:" MURMUR_EXAMPLE_FOLDER "/one_way.txt";
    options.weights = "column-stochastic";
    options.rounds = 60;
    options.dataset = "least-squares:features=1,samples=5";
    options.model = "linear";
    options.training.local_steps = 0;
    options.network = "flow";
    options.clock = "modelled:1ms";
    options.quiet = true;

    murmur::ExperimentInputs inputs;
    inputs.protocol = [](murmur::NodeContext& node) { return std::make_unique<PushSum>(node); };
    for (int node = 0; node < 5; ++node) {
        const std::vector<float> start(2, static_cast<float>(node));
        inputs.initial.push_back(murmur::make_parameters(start));
    }
    const murmur::RunResult result = murmur::Experiment(options, inputs).run();
    float worst = 0;
    for (const murmur::Parameters& parameters : result.parameters) {
        worst = std::max(worst, std::abs(parameters->values()[0] - 2.0F));
    }
    fmt::print("{}: every node is within {:.5f} of 2\n", result.summary.status, worst);
    return result.summary.status == "complete" && worst < 0.001F ? EXIT_SUCCESS : EXIT_FAILURE;
}
