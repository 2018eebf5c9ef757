#include "tests/unit/report/made_up_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <stdexcept>
#include <unistd.h>
#include <utility>
#include <vector>

namespace murmur::test {

namespace {

constexpr double kModelBytes = 359'336;
constexpr double kStepSeconds = 0.8;

struct MadeUpNode {
    double speed;
    double uplink_bps;
    double downlink_bps;
    double level;  // accuracy it levels off at
};

// One evaluation of all nodes.
struct Evaluation {
    double time_s;
    std::vector<double> accuracy;
    std::vector<double> loss;
};

class MadeUpFolder {
  public:
    MadeUpFolder(const std::filesystem::path& folder, const MadeUpRun& run)
        : folder_(folder), run_(run), rng_(42) {
        for (std::uint32_t node = 0; node < run.nodes; ++node) {
            nodes_.push_back({.speed = 0.4 + 1.2 * uniform(),
                              .uplink_bps = 5e6 + 20e6 * uniform(),
                              .downlink_bps = 20e6 + 80e6 * uniform(),
                              .level = 0.58 + 0.12 * uniform()});
        }
        // The slowest device sets the pace of synchronous rounds.
        round_s_ = kStepSeconds / 0.4 + message_s(5e6);
    }

    void write() {
        write_experiment();
        write_tables();
        write_nodes();
        write_links();
        write_overlay();
        write_summary();
    }

  private:
    double uniform() { return static_cast<double>(rng_() >> 11) / 9007199254740992.0; }
    double message_s(double rate) const { return 8 * run_.degree * kModelBytes / rate; }
    double bytes_at(int round) const { return 1.04 * kModelBytes * run_.degree * round; }

    std::ofstream open(const char* file) const { return std::ofstream(folder_ / file); }

    double compute_s(const MadeUpNode& node) const { return kStepSeconds / node.speed; }
    double communication_s(const MadeUpNode& node) const { return message_s(node.uplink_bps); }
    double idle_s(const MadeUpNode& node) const {
        return std::max(0.0, round_s_ - compute_s(node) - communication_s(node));
    }

    void write_experiment() const {
        open("experiment.json") << fmt::format(
            R"({{"scenario": "dpsgd", "options": {{"nodes": "{}", "topology": "regular:{}",
"weights": "metropolis", "dataset": "synthetic", "partition": "dirichlet:0.1",
"model": "gn-lenet", "batch-size": "8", "local-steps": "3", "lr": "0.05", "momentum": "0",
"network": "tcp", "underlay": "wan", "rate": "uniform:5Mbps:25Mbps", "latency": "40ms",
"clock": "modelled:0.8s", "speed": "uniform:0.4:1.6", "workers": "2", "eval-every": "{}",
"seed": "1", "out": "runs/dirichlet"}},
"versions": {{"murmuration": "0.1.0", "ns-3": "3.37", "libtorch": "1.13.1"}}}}
)",
            run_.nodes,
            run_.degree,
            run_.eval_every);
    }

    Evaluation evaluate(int round) {
        Evaluation evaluation{.time_s = round * round_s_, .accuracy = {}, .loss = {}};
        const double progress = 1 - std::exp(-4.0 * round / run_.rounds);
        for (const MadeUpNode& node : nodes_) {
            const double accuracy =
                std::clamp(0.1 + (node.level - 0.1) * progress + 0.03 * (uniform() - 0.5), 0., 1.);
            evaluation.accuracy.push_back(accuracy);
            evaluation.loss.push_back(2.3 - 2.1 * accuracy + 0.1 * uniform());
        }
        return evaluation;
    }

    void write_tables() {
        std::ofstream metrics = open("metrics.csv");
        std::ofstream rounds = open("rounds.csv");
        metrics << "sim_time_s,node,round,train_loss,test_loss,test_accuracy,bytes_sent,"
                   "bytes_received,compute_s,communication_s,idle_s\n";
        rounds << "round,sim_time_min_s,sim_time_mean_s,sim_time_max_s,test_accuracy_mean,"
                  "test_accuracy_min,test_accuracy_max,test_accuracy_std,test_loss_mean,"
                  "test_loss_min,test_loss_max,test_loss_std,train_loss_mean,"
                  "consensus_distance,bytes_sent,bytes_content,slowest_s,slowest_from,slowest_to,"
                  "slowest_bytes,slowest_bound,slowest_link,slowest_own_s,slowest_others_s,"
                  "slowest_latency_s,slowest_window_s\n";
        for (int round = 1; round <= run_.rounds; ++round) {
            if (round % run_.eval_every != 0) {
                rounds << unevaluated_round(round);
                continue;
            }
            const Evaluation evaluation = evaluate(round);
            for (std::uint32_t node = 0; node < run_.nodes; ++node) {
                metrics << metrics_row(evaluation, node, round);
            }
            rounds << round_row(evaluation, round);
        }
    }

    std::string metrics_row(const Evaluation& evaluation, std::uint32_t node, int round) const {
        const MadeUpNode& self = nodes_[node];
        return fmt::format("{:.6f},{},{},{:.6f},{:.6f},{:.6f},{:.0f},{:.0f},{:.3f},{:.3f},{:.3f}\n",
                           evaluation.time_s,
                           node,
                           round,
                           0.8 * evaluation.loss[node],
                           evaluation.loss[node],
                           evaluation.accuracy[node],
                           bytes_at(round),
                           bytes_at(round),
                           round * compute_s(self),
                           round * communication_s(self),
                           round * idle_s(self));
    }

    std::string round_row(const Evaluation& evaluation, int round) {
        const auto [low, high] =
            std::minmax_element(evaluation.accuracy.begin(), evaluation.accuracy.end());
        const auto [best, worst] =
            std::minmax_element(evaluation.loss.begin(), evaluation.loss.end());
        mean_accuracy_ = mean(evaluation.accuracy);
        lowest_ = *low;
        highest_ = *high;
        return fmt::format(
            "{},{:.6f},{:.6f},{:.6f},{:.6f},{:.6f},{:.6f},0.02,{:.6f},{:.6f},{:.6f},0.05,{:.6f},"
            "{:.9g},{:.0f},{:.0f},{}\n",
            round,
            evaluation.time_s - 1,
            evaluation.time_s,
            evaluation.time_s + 1,
            mean_accuracy_,
            *low,
            *high,
            mean(evaluation.loss),
            *best,
            *worst,
            0.8 * mean(evaluation.loss),
            consensus(round),
            bytes_at(round) * run_.nodes,
            bytes_at(round) / 1.04 * run_.nodes,
            slowest(round));
    }

    // Every fourth round a window, not the first uplink, is what holds it up.
    std::string slowest(int round) const {
        const bool is_window = round % 4 == 0;
        return fmt::format("2.5,0,1,359344,{},0,0.5,{},0.1,{}",
                           is_window ? "window" : "uplink",
                           is_window ? 0.4 : 1.4,
                           is_window ? 1.5 : 0.5);
    }

    std::string unevaluated_round(int round) {
        return fmt::format("{},{:.6f},{:.6f},{:.6f},,,,,,,,,{:.6f},{:.9g},{:.0f},{:.0f},{}\n",
                           round,
                           round * round_s_ - 1,
                           round * round_s_,
                           round * round_s_ + 1,
                           1.8 * std::exp(-2.0 * round / run_.rounds),
                           consensus(round),
                           bytes_at(round) * run_.nodes,
                           bytes_at(round) / 1.04 * run_.nodes,
                           slowest(round));
    }

    double consensus(int round) {
        return 3.0 * std::exp(-6.0 * round / run_.rounds) * (0.8 + 0.4 * uniform());
    }

    static double mean(const std::vector<double>& values) {
        double sum = 0;
        for (const double value : values) {
            sum += value;
        }
        return sum / static_cast<double>(values.size());
    }

    void write_nodes() const {
        std::ofstream out = open("nodes.csv");
        out << "node,speed,uplink_bps,downlink_bps,bytes_sent,bytes_received,compute_s,"
               "communication_s,idle_s,samples\n";
        for (std::uint32_t node = 0; node < run_.nodes; ++node) {
            const MadeUpNode& self = nodes_[node];
            out << fmt::format("{},{:.4f},{:.0f},{:.0f},{:.0f},{:.0f},{:.3f},{:.3f},{:.3f},{}\n",
                               node,
                               self.speed,
                               self.uplink_bps,
                               self.downlink_bps,
                               bytes_at(run_.rounds),
                               bytes_at(run_.rounds),
                               run_.rounds * compute_s(self),
                               run_.rounds * communication_s(self),
                               run_.rounds * idle_s(self),
                               500);
        }
    }

    // Uplinks are links 0, 2, ..., busy in the second half of each tenth of the run.
    void write_links() const {
        std::ofstream links = open("links.csv");
        std::ofstream use = open("link-use.csv");
        links << "link,name,place,rate_bps,bytes,busy_s,utilization,peak_utilization,"
                 "messages_bound,waited_s\n";
        use << "sim_time_s,duration_s,link,utilization\n";
        const double simulated_s = run_.rounds * round_s_;
        for (std::uint32_t link = 0; link < 2 * run_.nodes; ++link) {
            const bool is_up = link % 2 == 0;
            const double share = (is_up ? 0.4 : 0.1) / (1 + link / 2 % 5);
            links << fmt::format(
                "{},node {} {},{},{:.0f},{:.0f},{:.3f},{},{},{},{}\n",
                link,
                link / 2,
                is_up ? "up" : "down",
                is_up ? "uplink" : "downlink",
                is_up ? nodes_[link / 2].uplink_bps : nodes_[link / 2].downlink_bps,
                bytes_at(run_.rounds),
                share * simulated_s,
                share,
                2 * share,
                is_up ? 7 : 0,
                0.1 * link);
        }
        for (int bin = 1; run_.rounds > 0 && bin < 20; bin += 2) {
            for (std::uint32_t link = 0; link < 2 * run_.nodes; ++link) {
                use << fmt::format("{},{},{},{}\n",
                                   bin * simulated_s / 20,
                                   simulated_s / 20,
                                   link,
                                   (link % 2 == 0 ? 0.8 : 0.2) / (1 + link / 2 % 5));
            }
        }
    }

    // A ring and random chords: near enough to a random regular graph to look at.
    void write_overlay() {
        std::set<std::pair<std::uint32_t, std::uint32_t>> edges;
        for (std::uint32_t u = 0; u < run_.nodes; ++u) {
            for (std::uint32_t chord = 0; chord < run_.degree / 2 + 1; ++chord) {
                const auto random = static_cast<std::uint32_t>(uniform() * run_.nodes);
                const std::uint32_t v = chord == 0 ? (u + 1) % run_.nodes : random;
                if (u != v) {
                    edges.emplace(std::min(u, v), std::max(u, v));
                }
            }
        }
        std::ofstream out = open("overlay.txt");
        out << run_.nodes << '\n';
        for (const auto& [u, v] : edges) {
            out << u << ' ' << v << '\n';
        }
    }

    void write_summary() const {
        const double simulated_s = run_.rounds * round_s_;
        const double messages = 1.0 * run_.nodes * run_.degree * run_.rounds;
        open("summary.json") << fmt::format(
            R"({{"status": "{}", "error": null, "scenario": "dpsgd", "nodes": {}, "rounds": {},
"seed": {}, "workers": 2, "simulated_s": {}, "mean_test_accuracy": {}, "min_test_accuracy": {},
"max_test_accuracy": {}, "consensus_distance": 0.0081, "messages": {}, "bytes_sent": {},
"bytes_content": {}, "events": 9821337, "wall_s": 312.4, "cpu_s": 603.1, "learning_cpu_s": 561.0,
"simulator_cpu_s": 38.2, "peak_rss_bytes": 412876800, "parameter_hash": "9f3ac01be2d47758"}}
)",
            run_.status,
            run_.nodes,
            run_.rounds,
            run_.seed,
            simulated_s,
            mean_accuracy_,
            lowest_,
            highest_,
            messages,
            bytes_at(run_.rounds) * run_.nodes,
            bytes_at(run_.rounds) / 1.04 * run_.nodes);
    }

    std::filesystem::path folder_;
    MadeUpRun run_;
    std::mt19937_64 rng_;
    std::vector<MadeUpNode> nodes_;
    double round_s_ = 0;
    double mean_accuracy_ = 0;
    double lowest_ = 0;
    double highest_ = 0;
};

}  // namespace

void write_made_up_run(const std::filesystem::path& folder, const MadeUpRun& run) {
    std::filesystem::create_directories(folder);
    MadeUpFolder(folder, run).write();
}

void write_file(const std::filesystem::path& path, const std::string& text) {
    std::ofstream out(path, std::ios::binary);
    out << text;
    out.close();
    if (!out) {
        throw std::runtime_error("cannot write " + path.string());
    }
}

std::filesystem::path fresh_folder(const std::string& name) {
    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / fmt::format("murmur-report-{}-{}", getpid(), name);
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    return folder;
}

}  // namespace murmur::test
