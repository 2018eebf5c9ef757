#pragma once

namespace murmur {

/// The folder of a run's checkpoints, in its result folder: a folder for each.
inline constexpr const char* kCheckpointFolder = "checkpoint";

/// What each of these ends in while it is being written.
inline constexpr const char* kUnfinishedCheckpoint = ".tmp";

}  // namespace murmur
