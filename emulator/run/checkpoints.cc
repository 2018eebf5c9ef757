#include "emulator/run/checkpoints.h"

#include "emulator/base/quantity.h"
#include "emulator/base/standard_streams.h"
#include "emulator/ranks/written.h"
#include "emulator/record/checkpoint_folder.h"

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace murmur {

namespace {

constexpr std::chrono::milliseconds kWaitPeriod{100};
constexpr std::chrono::milliseconds kShortWait{2};

/// What ranks tell each other of a checkpoint, or of all that were to follow.
enum Word : std::uint32_t { kIsNotDue, kIsDue, kIsWritten, kGivenUp };

}  // namespace

std::optional<CheckpointPeriod> parse_checkpoint_period(std::string_view where,
                                                        std::string_view text) {
    if (text.empty()) {
        return std::nullopt;
    }
    if (text.find_first_not_of("0123456789") == std::string_view::npos) {
        const std::uint64_t rounds = parse_count(where, text);
        if (rounds == 0) {
            throw std::invalid_argument(
                fmt::format("{}: got 0, allowed 1 or more rounds, or a time", where));
        }
        return CheckpointPeriod{.rounds = rounds};
    }
    return CheckpointPeriod{.seconds = parse_positive_time(where, text)};
}

Checkpoints::Checkpoints(Parts parts)
    : parts_(std::move(parts)), records_(parts_.ranks == nullptr || parts_.ranks->is_recorder()) {
    if (!parts_.period) {
        return;
    }
    if (records_) {
        files_.emplace(parts_.results / kCheckpointFolder);
        files_->begin(parts_.from != nullptr ? &parts_.from->mark : nullptr);
        has_written_start_ = parts_.from != nullptr;
    }
    if (parts_.ranks != nullptr) {
        meet_others();
    }
}

void Checkpoints::meet_others() {
    const Exchange::Bytes folder = parts_.ranks->share([this] {
        ByteSink sink;
        sink.text(std::filesystem::absolute(parts_.results / kCheckpointFolder).string());
        return written(sink);
    });
    if (!records_) {
        ByteSource source(folder);
        files_.emplace(source.text());
        parts_.ranks->listen(Channel::kCheckpoint,
                             [this](unsigned, std::uint64_t round, std::uint32_t word, auto) {
                                 const std::lock_guard lock(mutex_);
                                 has_other_given_up_ |= word == kGivenUp;
                                 decisions_[round] = word == kIsDue;
                             });
        return;
    }
    parts_.ranks->listen(Channel::kCheckpoint,
                         [this](unsigned, std::uint64_t round, std::uint32_t word, auto) {
                             const std::lock_guard lock(mutex_);
                             has_other_given_up_ |= word == kGivenUp;
                             written_by_others_[round] += word == kIsWritten ? 1 : 0;
                         });
}

void Checkpoints::note_round(std::uint64_t round, SimTime now) {
    if (parts_.graph.is_in_past() || (parts_.from != nullptr && round <= parts_.from->mark.round)) {
        if (parts_.from != nullptr && round == parts_.from->mark.round) {
            parts_.graph.end_past();
        }
        return;
    }
    follow_others();
    // After the last round there is nothing to go on with.  Who has given up still tells the others
    // whether one is due.
    if (!files_ || round == parts_.num_rounds || !is_due(round, now) || has_given_up_) {
        return;
    }
    try {
        if (wait_for_learning()) {
            write(round, now);
        }
    } catch (const std::exception& error) {
        give_up(error.what());
    }
    written_at_ = Clock::now();
    complete_written();
}

bool Checkpoints::is_due(std::uint64_t round, SimTime now) {
    return parts_.period->rounds > 0 ? round % parts_.period->rounds == 0
                                     : decide_by_time(round, now);
}

bool Checkpoints::decide_by_time(std::uint64_t round, SimTime now) {
    const auto is_over = [this] {
        return Clock::now() - written_at_ >= std::chrono::duration<double>(parts_.period->seconds);
    };
    if (parts_.ranks == nullptr) {
        return is_over();
    }
    // All ranks write down the same instant of the simulation.
    if (records_) {
        const bool is_due = is_over();
        parts_.ranks->broadcast(Channel::kCheckpoint, round, is_due ? kIsDue : kIsNotDue, {});
        return is_due;
    }
    while (!parts_.is_told_to_end()) {
        {
            const std::lock_guard lock(mutex_);
            if (const auto found = decisions_.find(round); found != decisions_.end()) {
                return decisions_.extract(found).mapped();
            }
        }
        parts_.graph.report_learned(now);  // rank 0 may wait for that before it comes so far
        std::this_thread::sleep_for(kShortWait);
    }
    return false;
}

bool Checkpoints::wait_for_learning() {
    while (!parts_.graph.wait_all_for(kWaitPeriod)) {
        if (parts_.is_told_to_end()) {
            return false;
        }
    }
    return !parts_.graph.first_lost();
}

void Checkpoints::write(std::uint64_t round, SimTime now) {
    const auto write_alive = [this](const PastSink& sink) { parts_.graph.write_alive(sink); };
    files_->write_part(round, parts_.ranks != nullptr ? parts_.ranks->rank() : 0, write_alive);
    if (records_) {
        write_as_recorder(round, now);
    } else {
        tell_recorder(round, kIsWritten);
    }
}

void Checkpoints::write_as_recorder(std::uint64_t round, SimTime now) {
    const auto [bytes, check] = files_->add_told([this](const PastSink& sink) {
        if (!std::exchange(has_written_start_, true)) {
            parts_.write_start(sink);
        }
        parts_.graph.write_told(sink);
    });
    if (!parts_.models.empty()) {
        files_->copy_models(round, parts_.models);
    }
    const std::lock_guard lock(mutex_);
    pending_[round] = {.round = round,
                       .time = now,
                       .num_tasks = parts_.graph.submitted(),
                       .digest = parts_.graph.digest(),
                       .ranks = parts_.ranks != nullptr ? parts_.ranks->count() : 1,
                       .told_bytes = bytes,
                       .told_check = check,
                       .is_before_last_round = !parts_.is_last_round_reached(),
                       .traits = parts_.traits};
}

void Checkpoints::complete_written() {
    if (!records_ || !files_ || has_given_up_) {
        return;
    }
    const unsigned others = parts_.ranks != nullptr ? parts_.ranks->count() - 1 : 0;
    try {
        const std::lock_guard lock(mutex_);
        while (!pending_.empty() && written_by_others_[pending_.begin()->first] == others) {
            files_->complete(pending_.begin()->second);
            written_by_others_.erase(pending_.begin()->first);
            pending_.erase(pending_.begin());
        }
    } catch (const std::exception& error) {
        give_up(error.what());
    }
}

void Checkpoints::give_up(const char* why) {
    // The run itself has not failed, and the last checkpoint is still there.
    say(stderr, "warning: no more checkpoints are written: {}\n", why);
    end();
    if (parts_.ranks == nullptr) {
        return;
    }
    if (records_) {
        parts_.ranks->broadcast(Channel::kCheckpoint, 0, kGivenUp, {});
    } else {
        tell_recorder(0, kGivenUp);
    }
}

void Checkpoints::follow_others() {
    bool is_over = false;
    {
        const std::lock_guard lock(mutex_);
        is_over = has_other_given_up_ && !has_given_up_;
    }
    if (!is_over) {
        return;
    }
    end();
    if (records_) {
        // A part of one rank is none: the others need not write theirs.
        parts_.ranks->broadcast(Channel::kCheckpoint, 0, kGivenUp, {});
    }
}

void Checkpoints::end() {
    has_given_up_ = true;
    parts_.graph.stop_keeping_past();
    if (records_) {
        files_->discard_unfinished();
    }
}

void Checkpoints::tell_recorder(std::uint64_t round, std::uint32_t word) {
    parts_.ranks->send(
        Ranks::kRecorder, Channel::kCheckpoint, round, word, [] { return Parcel(); });
}

}  // namespace murmur
