#pragma once

#include <string_view>

namespace murmur {

/// How a program begins, behind its name, to say that what it is to go on from is no good: damaged,
/// of another program, of another processor.  What else it refuses says nothing of its checkpoint:
/// a folder that another run writes into, memory that others have.
inline constexpr std::string_view kRefusedCheckpoint = "--resume: ";

/// How a run begins to say that it does not come by the way that its checkpoint lies on.
inline constexpr std::string_view kWentAnotherWay = "the run has gone another way";

}  // namespace murmur
