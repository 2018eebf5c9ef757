#include "emulator/run/resumption.h"

#include "emulator/base/quantity.h"
#include "emulator/run/joined_ranks.h"
#include "learning/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>

namespace murmur {

namespace {

/// What may be otherwise when a run goes on: who does the work, and what is written of it.
bool may_differ(std::string_view trait) {
    static constexpr std::array<std::string_view, 8> kFree{"--placement",
                                                           "--allow-unlike-cpus",
                                                           "--checkpoint-every",
                                                           "--resume",
                                                           "--overwrite",
                                                           "--timeline",
                                                           "--messages",
                                                           "--rounds"};
    return std::find(kFree.begin(), kFree.end(), trait) != kFree.end();
}

void check_alike(const CheckpointMark& mark, const CheckpointMark::Traits& own) {
    for (const auto& [name, value] : own) {
        const bool is_known = std::any_of(mark.traits.begin(), mark.traits.end(), [&](auto& trait) {
            return trait.first == name;
        });
        const std::string written = mark.trait(name);
        // The simulated end of a run may be put off, as its rounds may be raised.
        const bool is_later_end =
            name == "--until" && !value.empty() && !written.empty() &&
            parse_positive_time(name, value) >= parse_positive_time(name, written);
        if (is_known && value != written && !may_differ(name) && !is_later_end) {
            throw std::invalid_argument(
                fmt::format("--resume: {} is '{}', of the run that is to go on '{}'; allowed are "
                            "the same ones, more --rounds, and a later --until",
                            name,
                            value,
                            written));
        }
    }
}

/// Refuses more rounds where those that are over would have been others.
void check_more_rounds(const ExperimentOptions& options, std::uint64_t written_rounds) {
    TrainingOptions before = options.training;
    TrainingOptions now = options.training;
    before.run_rounds = written_rounds;
    now.run_rounds = options.rounds;
    const LearningRate rate_before(before);
    const LearningRate rate_now(now);
    const auto steps =
        static_cast<std::uint64_t>(std::max<std::int64_t>(options.training.local_steps, 1));
    for (std::uint64_t round = 0; round < written_rounds; ++round) {
        if (rate_before.share(round, round * steps) != rate_now.share(round, round * steps)) {
            throw std::invalid_argument(fmt::format(
                "--rounds: got {}, allowed {} with --schedule={}, which would have made "
                "the learning rates of the rounds that are over others",
                options.rounds,
                written_rounds,
                options.training.schedule));
        }
    }
}

}  // namespace

CheckpointMark::Traits checkpoint_traits(const std::string& scenario,
                                         const ExperimentOptions& options) {
    CheckpointMark::Traits traits;
    for (const RankTrait& trait : rank_traits(scenario, options)) {
        traits.emplace_back(trait.name, trait.value);
    }
    return traits;
}

std::shared_ptr<const Checkpoint> load_resumed(const std::string& scenario,
                                               const ExperimentOptions& options,
                                               const ProtocolPlan& protocol) {
    const auto find = [&](bool for_more_rounds) {
        return find_checkpoint(options.resume, for_more_rounds);
    };
    std::optional<CheckpointMark> mark = find(false);
    if (!mark) {
        throw std::invalid_argument(
            fmt::format("--resume: {} holds no checkpoint, allowed the result folder of a run with "
                        "--checkpoint-every that has come so far",
                        options.resume));
    }
    check_alike(*mark, checkpoint_traits(scenario, options));
    const std::uint64_t rounds = parse_count("--resume", mark->trait("--rounds"));
    if (options.rounds < rounds) {
        throw std::invalid_argument(fmt::format(
            "--rounds: got {}, allowed {} or more with --resume", options.rounds, rounds));
    }
    if (options.rounds > rounds) {
        if (protocol.heeds_num_rounds) {
            throw std::invalid_argument(
                fmt::format("--rounds: got {}, allowed {} with --protocol={}, which would have "
                            "made the rounds that are over others",
                            options.rounds,
                            rounds,
                            options.protocol));
        }
        check_more_rounds(options, rounds);
        mark = find(true);
        if (!mark) {
            throw std::invalid_argument(
                fmt::format("--rounds: got {}, allowed {}: in each checkpoint of {} some node is "
                            "in its last round",
                            options.rounds,
                            rounds,
                            options.resume));
        }
    }
    if (!options.until.empty() &&
        from_seconds(parse_positive_time("--until", options.until)) <= mark->time) {
        throw std::invalid_argument(
            fmt::format("--until: got {}, allowed later than the checkpoint, "
                        "which is at {:.6g} s",
                        options.until,
                        to_seconds(mark->time)));
    }
    return std::make_shared<const Checkpoint>(read_checkpoint(options.resume, *mark));
}

}  // namespace murmur
