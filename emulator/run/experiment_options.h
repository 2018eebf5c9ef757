#pragma once

#include "emulator/base/option_text.h"
#include "emulator/protocols/protocol_options.h"
#include "learning/training_options.h"

#include <cstdint>
#include <string>

namespace murmur {

/// Everything that shapes a run, as a user writes it: quantities are texts with units.  Each layer
/// has the options that it reads; those of the layers below are its own, too.
struct ExperimentOptions : ProtocolOptions {
    std::uint64_t rounds = 20;
    std::string until{};            ///< simulated time; empty: no end but that of the rounds
    std::string target_accuracy{};  ///< empty: none
    std::string target_loss{};      ///< empty: none
    std::string buffers = "whole";
    std::string frozen = "whole";

    std::string dataset = "synthetic";
    std::string partition = "iid";
    std::string model = "gn-lenet";
    std::string init{};  ///< file of start parameters; empty: seeded
    TrainingOptions training{};
    std::string device = "cpu";

    std::uint32_t link_bins = 60;  ///< 0: links are not measured

    std::string clock{};  ///< must be given: compute is never free by accident
    std::string speed = "1";
    std::string speed_trace{};  ///< file; empty: speeds do not change
    std::string devices{};      ///< file; empty: --clock, --speed and --rate say all
    std::string energy{};       ///< empty: not asked for
    unsigned workers = 0;       ///< 0: one per core
    std::string placement = "blocks";
    bool allow_unlike_cpus = false;

    std::uint64_t eval_every = 5;
    std::string eval_nodes = "all";
    std::int64_t eval_samples = 0;  ///< 0: the whole test set
    std::string evaluate = "global";
    std::string own_test = "auto";

    std::string save_models{};  ///< empty: none
    std::string timeline{};     ///< empty: none
    bool messages = false;
    std::string pcap{};         ///< empty: none
    std::string ascii_trace{};  ///< empty: none
    bool flow_monitor = false;

    std::string checkpoint_every{};  ///< rounds or real time; empty: never
    std::string resume{};            ///< result folder of a run to go on with; empty: begin anew

    std::string out{};  ///< result folder; empty: nothing is written
    bool overwrite = false;
    bool quiet = false;

    // NOLINTNEXTLINE(google-explicit-constructor)
    operator OptionValues() const;
};

/// Calls `visit(name, field, form, help, group)` for every option, in the order of experiment.json:
/// the one place where an option is named, for the command line, the help and the files of a run.
template <class Options, class Visit>
void for_each_option(Options& options, Visit&& visit) {
    visit("nodes", options.nodes, "COUNT", "how many nodes learn", OptionGroup::kExperiment);
    visit("topology",
          options.topology,
          "SPEC",
          "who exchanges models with whom; dynamic:SPEC draws a new one each round, directed:SPEC "
          "has directions",
          OptionGroup::kOverlay);
    visit(
        "weights",
        options.weights,
        "SPEC",
        "metropolis, uniform, max-degree, file:PATH (i j weight, or a matrix); of an overlay with "
        "directions: row-stochastic, column-stochastic",
        OptionGroup::kOverlay);
    visit(
        "rounds", options.rounds, "COUNT", "rounds that each node takes", OptionGroup::kExperiment);
    visit("until",
          options.until,
          "TIME",
          "end the run at this simulated time, finished or not; empty: when the rounds are done",
          OptionGroup::kExperiment);
    visit(
        "target-accuracy",
        options.target_accuracy,
        "SPEC",
        "end the run as soon as the latest test accuracies reach it: X or mean:X (their mean over "
        "the nodes), all:X (each); 0 < X <= 1",
        OptionGroup::kExperiment);
    visit("target-loss",
          options.target_loss,
          "SPEC",
          "the same for the test loss, at most X",
          OptionGroup::kExperiment);
    visit("protocol", options.protocol, "SPEC", "what nodes do", OptionGroup::kExperiment);
    visit("sharing",
          options.sharing,
          "SPEC",
          "what is sent; secure is --protocol=secure-dpsgd, choco and stc merge by algorithms of "
          "their own",
          OptionGroup::kSharing);
    visit("codec",
          options.codec,
          "SPEC",
          "how what is sent becomes bytes: one name, or INDICES+VALUES such as elias+fpzip; empty: "
          "the encoder's own",
          OptionGroup::kSharing);
    visit("aggregation",
          options.aggregation,
          "SPEC",
          "how what came is merged with a node's own, in the coordinates that --sharing sends",
          OptionGroup::kSharing);
    visit("attack",
          options.attack,
          "SPEC",
          "nodes that mean harm, and what they do, WHO:NAME[:OPTIONS]: a share of the nodes that "
          "learn, drawn, as in 0.2:alie, or nodes=0,3-5:nan; empty: none; what",
          OptionGroup::kSharing);
    visit("buffers",
          options.buffers,
          "WORD",
          "running statistics of batch normalization and other buffers: whole (float32 beside what "
          "--sharing encodes, merged as --aggregation says), local (each node keeps its own), "
          "encoded "
          "(as parameters are)",
          OptionGroup::kSharing);
    visit("frozen",
          options.frozen,
          "WORD",
          "parameters of a TorchScript file that are not trained (requires_grad=False): whole, "
          "local (never sent), encoded",
          OptionGroup::kSharing);
    visit("dataset", options.dataset, "SPEC", "what is learnt", OptionGroup::kLearning);
    visit("partition",
          options.partition,
          "SPEC",
          "who learns from which samples",
          OptionGroup::kLearning);
    visit("model", options.model, "SPEC", "what learns", OptionGroup::kLearning);
    visit("init",
          options.init,
          "FILE",
          "start parameters, raw float32: one vector for all nodes or one each; empty: seeded",
          OptionGroup::kLearning);
    visit("batch-size",
          options.training.batch_size,
          "SAMPLES",
          "samples of a mini-batch; 0: the whole partition",
          OptionGroup::kLearning);
    visit("local-steps",
          options.training.local_steps,
          "STEPS",
          "mini-batches per round; 0: no training, averaging alone",
          OptionGroup::kLearning);
    visit("local-epochs",
          options.training.local_epochs,
          "EPOCHS",
          "passes over the partition per round, instead of steps; 0: steps",
          OptionGroup::kLearning);
    visit("optimizer",
          options.training.optimizer,
          "SPEC",
          "how a step is made of a gradient",
          OptionGroup::kLearning);
    visit("lr", options.training.lr, "RATE", "learning rate", OptionGroup::kLearning);
    visit("schedule",
          options.training.schedule,
          "SPEC",
          "what becomes of the learning rate over a run",
          OptionGroup::kLearning);
    visit("clip",
          options.training.clip,
          "NORM",
          "largest norm of a step's gradient, all of it as one vector; 0: any",
          OptionGroup::kLearning);
    visit("momentum",
          options.training.momentum,
          "FACTOR",
          "momentum of SGD, 0 <= FACTOR < 1; this and the next two stand for the optimizer's "
          "options of these names",
          OptionGroup::kLearning);
    visit("weight-decay",
          options.training.weight_decay,
          "FACTOR",
          "L2 penalty of the optimizer; auto: what it has by itself",
          OptionGroup::kLearning);
    visit("nesterov",
          options.training.nesterov,
          "BOOL",
          "Nesterov's momentum",
          OptionGroup::kLearning);
    visit("reset-optimizer",
          options.training.reset_optimizer,
          "BOOL",
          "forget the optimizer's state, such as momentum, at the start of each round",
          OptionGroup::kLearning);
    visit("privacy",
          options.training.privacy,
          "SPEC",
          "what training may tell of a single sample",
          OptionGroup::kLearning);
    visit("device", options.device, "SPEC", "where learning is done", OptionGroup::kLearning);
    visit("network", options.network, "NAME", "what carries messages", OptionGroup::kNetwork);
    visit("underlay", options.underlay, "SPEC", "what messages travel over", OptionGroup::kNetwork);
    visit("attach",
          options.attach,
          "SPEC",
          "routers of the nodes, where there are routers: round-robin, random, file:PATH (a "
          "router's name or number a line)",
          OptionGroup::kNetwork);
    visit("rate",
          options.rate,
          "RATE",
          "of each access link, up and down, or each p2p link: 10Mbps, uniform:10Mbps:100Mbps, "
          "loguniform:.., lognormal:MEDIAN:SIGMA, choice:A:B, file:PATH, first:3:1Mbps,rest:10Mbps",
          OptionGroup::kNetwork);
    visit("downlink-rate",
          options.downlink_rate,
          "RATE",
          "of each downlink, where it differs from the uplink; empty: as --rate",
          OptionGroup::kNetwork);
    visit(
        "latency",
        options.latency,
        "TIME",
        "one way, of wan and p2p: 20ms, or a distribution; drawn per node (two nodes are apart by "
        "the mean of theirs) or per p2p link",
        OptionGroup::kNetwork);
    visit("latency-matrix",
          options.latency_matrix,
          "FILE",
          "one-way latencies instead, of wan and sites, R lines of R values with units; node i is "
          "in region or at site i mod R",
          OptionGroup::kNetwork);
    visit("jitter",
          options.jitter,
          "TIME",
          "largest extra delay on each link, drawn for each packet (over ideal and flow, each "
          "message) without reordering; a value or a distribution over the links",
          OptionGroup::kNetwork);
    visit("loss",
          options.loss,
          "FACTOR",
          "probability that a link loses a packet, a value or a distribution over the links",
          OptionGroup::kNetwork);
    visit(
        "uplink-queue",
        options.uplink_queue,
        "SPEC",
        "what waits for each uplink (or p2p link): behind (the host: a modem, a provider) or host "
        "(its own interface), with a size (100p, 64kB, 50ms), drop-tail, codel or "
        "fq-codel[:target=5ms,interval=100ms], such as host:fq-codel",
        OptionGroup::kNetwork);
    visit("downlink-queue",
          options.downlink_queue,
          "SPEC",
          "the same of each downlink",
          OptionGroup::kNetwork);
    visit("tcp",
          options.tcp,
          "SPEC",
          "cubic, newreno or bbr, with initial-window=10, min-rto=200ms, "
          "slow-start-after-idle=true, ecn=false, apart by commas",
          OptionGroup::kNetwork);
    visit("link-trace",
          options.link_trace,
          "FILE",
          "changes of links: CSV with a header of time, rate (or down), latency, link (a name of "
          "links.csv, such as 'node 3 up', or 'node 3' for both; none: every link)",
          OptionGroup::kNetwork);
    visit("uplink-trace",
          options.uplink_trace,
          "SPEC",
          "rates of all uplinks: mahimahi:FILE[,bin=100ms][,offset=random], each node from its own "
          "offset, repeated; offset=TIME: all from there",
          OptionGroup::kNetwork);
    visit("downlink-trace",
          options.downlink_trace,
          "SPEC",
          "the same of all downlinks",
          OptionGroup::kNetwork);
    visit("link-bins",
          options.link_bins,
          "COUNT",
          "parts into which link-use.csv cuts the run, an even number; 0: links and transfers are "
          "not measured",
          OptionGroup::kNetwork);
    visit("clock",
          options.clock,
          "SPEC",
          "what computing takes in simulated time; must be given",
          OptionGroup::kClock);
    visit("speed",
          options.speed,
          "FACTOR",
          "speed of each node's device beside the reference, a value or a distribution",
          OptionGroup::kClock);
    visit("speed-trace",
          options.speed_trace,
          "FILE",
          "speeds that change, on top of --speed: CSV with the header time_s,node,speed (no node: "
          "all of them); for --clock=modelled and calibrated",
          OptionGroup::kClock);
    visit("devices",
          options.devices,
          "FILE",
          "what nodes are: CSV with a header of device,ms_per_sample,down_bps,up_bps, and for "
          "--energy idle_w,compute_w,up_j_per_byte,down_j_per_byte; each node draws a row, or with "
          "FILE,assign=in-order they take turns; the clock must be modelled",
          OptionGroup::kClock);
    visit("energy",
          options.energy,
          "SPEC",
          "what a device and its messages take: idle=2W,compute=5W,up=100nJ,down=50nJ (a byte), "
          "those left out 0, each a value or a distribution, or devices for the columns of "
          "--devices; empty: not counted",
          OptionGroup::kClock);
    visit("availability",
          options.availability,
          "SPEC",
          "when nodes are there; FILE[,period=TIME] is file:FILE",
          OptionGroup::kLife);
    visit("join",
          options.join,
          "SPEC",
          "nodes that are not there before a time: FRACTION@TIME, several apart by commas, drawn; "
          "TIME may be a distribution, as 0.5@uniform:10s:60s",
          OptionGroup::kLife);
    visit("crash",
          options.crash,
          "SPEC",
          "nodes that leave for good at a time, written the same",
          OptionGroup::kLife);
    visit(
        "on-leave",
        options.on_leave,
        "WORD",
        "what a node was doing when it left: lose (begun anew when it is back), finish (what runs "
        "runs to its end)",
        OptionGroup::kLife);
    visit("on-return",
          options.on_return,
          "WORD",
          "the model of a node that is back: old (its own as it was), neighbor (that of one of its "
          "neighbors, in a message), start",
          OptionGroup::kLife);
    visit("workers",
          options.workers,
          "COUNT",
          "threads that learn; 0: one per core",
          OptionGroup::kClock);
    visit("eval-every",
          options.eval_every,
          "ROUNDS",
          "evaluate after every so many rounds",
          OptionGroup::kOutput);
    visit("eval-nodes",
          options.eval_nodes,
          "COUNT",
          "all, or how many nodes, drawn once",
          OptionGroup::kOutput);
    visit(
        "evaluate",
        options.evaluate,
        "WORD",
        "what models are tested on: global (the dataset's test set), own (data of the node's own, "
        "see --own-test), both",
        OptionGroup::kOutput);
    visit(
        "own-test",
        options.own_test,
        "SPEC",
        "what a node tests itself on: a share of its samples such as 0.2, which it does not train "
        "on; auto: with --partition=users its users' own test data where the dataset has them, "
        "else 0.2",
        OptionGroup::kOutput);
    visit("placement",
          options.placement,
          "WORD",
          "which rank executes the tasks of which node, in a run of several (./murmur run SCENARIO "
          "--ranks=N): blocks (as many consecutive nodes each), cost (consecutive ones of like "
          "cost), metis (like cost, few neighbors apart)",
          OptionGroup::kClock);
    visit("allow-unlike-cpus",
          options.allow_unlike_cpus,
          "BOOL",
          "let ranks run on processors of unlike features, whose last bits may differ",
          OptionGroup::kClock);
    visit("eval-samples",
          options.eval_samples,
          "SAMPLES",
          "test samples of an evaluation, the same for all, drawn from the seed; 0: all",
          OptionGroup::kOutput);
    visit(
        "save-models",
        options.save_models,
        "SPEC",
        "write models into the result folder, as --init reads them: final; best (of the evaluated "
        "round with the highest mean test accuracy, or the lowest loss where there is none); "
        "every:K (after each K rounds, and the last); of some nodes alone: final,nodes=0,3-5; "
        "empty: none",
        OptionGroup::kOutput);
    visit("timeline",
          options.timeline,
          "SPEC",
          "write timeline.json, which ui.perfetto.dev opens: what each node computes, sends, "
          "receives and waits for; true, or some of nodes=0,3-5, from=TIME and to=TIME, apart by "
          "commas; empty: none",
          OptionGroup::kOutput);
    visit(
        "messages",
        options.messages,
        "BOOL",
        "write messages.csv, a row per message: when it was sent and arrived, and what held it up",
        OptionGroup::kOutput);
    visit(
        "pcap",
        options.pcap,
        "DIR",
        "write a pcap file for each device into this folder, in the result folder unless the path "
        "is absolute; of some nodes alone: DIR,nodes=0,3-5; where there are packets: "
        "--network=tcp; empty: none",
        OptionGroup::kOutput);
    visit("ascii-trace",
          options.ascii_trace,
          "DIR",
          "the same as ns-3's ASCII traces",
          OptionGroup::kOutput);
    visit("flow-monitor",
          options.flow_monitor,
          "BOOL",
          "write what ns-3's FlowMonitor saw of each flow: flow-monitor.xml; with --network=tcp",
          OptionGroup::kOutput);
    visit("checkpoint-every",
          options.checkpoint_every,
          "SPEC",
          "write down now and then what --resume goes on from: after so many rounds, or at the end "
          "of a round after so much real time, as 10min; empty: never",
          OptionGroup::kOutput);
    visit("resume",
          options.resume,
          "DIR",
          "go on with the run of this result folder from its last checkpoint, with its options; "
          "--rounds may be raised",
          OptionGroup::kOutput);
    visit("seed",
          options.seed,
          "NUMBER",
          "every random choice follows from it",
          OptionGroup::kExperiment);
    visit("out", options.out, "DIR", "result folder; must be new or empty", OptionGroup::kOutput);
    visit("overwrite",
          options.overwrite,
          "BOOL",
          "write into a used result folder",
          OptionGroup::kOutput);
    visit("quiet", options.quiet, "BOOL", "no progress, one line at the end", OptionGroup::kOutput);
}

}  // namespace murmur
