#pragma once

namespace murmur {

/// The folder of a run's checkpoints, in its result folder: a folder for each.
inline constexpr const char* kCheckpointFolder = "checkpoint";

/// What a sweep renames that folder to where its program has refused what is in it.
inline constexpr const char* kRefusedCheckpoints = "checkpoint.refused";

/// What each of these ends in while it is being written.
inline constexpr const char* kUnfinishedCheckpoint = ".tmp";

}  // namespace murmur
