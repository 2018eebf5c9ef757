/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_FLOW_CONNECTION_H
#define MURMURATION_FLOW_CONNECTION_H

#include "flow-codel.h"
#include "flow-path.h"
#include "flow-window.h"
#include "message-transport.h"

#include <algorithm>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief A stretch of time in which a connection sends its window, however long that takes.
 */
struct FlowRound
{
    double start{0};     //!< When it began, in seconds
    double remaining{0}; //!< What was left to send of the message then
    double wait{0};      //!< Until its first acknowledgement, in seconds
    double back{0};      //!< How long that waits in queues, in seconds
    /** The same, as the queues are when its first segment has arrived; unless nobody looked. */
    std::optional<double> seenBack;
    double lag{0};           //!< How much later than `start` its first segment leaves, in seconds
    double first{0};         //!< Round-trip time that its first segment sees, in seconds
    double last{0};          //!< Round-trip time that its last segment sees, in seconds
    uint64_t order{0};       //!< Of its beginning among all rounds
    bool isFirst{true};      //!< Of its message, and the rates of its beginning are not known
    bool isOpening{true};    //!< Of its message
    bool isShort{false};     //!< Of a message that its first window and twice that as much hold
    bool isLimited{false};   //!< The path, not the window, was the limit when it began
    double grown{0};         //!< What the window has grown by since the one before, in bytes
    double window{0};        //!< What it may send, in bytes: then it is over
    double intact{0};        //!< What is before the first segment lost by chance, in bytes
    double unaware{0};       //!< What it sends before a loss by chance is known, in bytes
    bool isRepairing{false}; //!< Sends again what was lost by chance: the window does not grow
    double lost{0};          //!< What overflows the queue or is lost by chance, in bytes
    double pause{0};         //!< What it waits at its end for a probe or a timeout, in seconds
    bool isShrinking{false}; //!< Lost its last segments, which a probe finds
    bool isCrowded{false};   //!< Stands for many rounds of a segment or two, in a crowd
    bool isLast{false};      //!< The window holds all that is left
};

/**
 * @ingroup murmuration
 * @brief What a round has sent, while the next one begins before it is acknowledged.
 */
struct FlowUnacknowledged
{
    FlowWindow::Round growth{}; //!< What its acknowledgements will tell
    double bytes{0};            //!< What is under way
    double comes{0};            //!< When the first acknowledgement of it comes, in seconds
};

/**
 * @ingroup murmuration
 * @brief A message that has been begun and has not been delivered.
 */
struct FlowPassage
{
    Message message;                      //!< The message
    std::shared_ptr<const FlowPath> path; //!< Its way
    uint64_t wireBytes{0};                //!< Its size on the wire
    uint64_t acknowledgingBytes{0};       //!< What its acknowledgements take there
    double earliest{0};                   //!< Its last byte is not sent before that, in seconds
    double late{0};                       //!< How long the repair of its end takes, in seconds
    double began{0};                      //!< When it or its handshake began, in seconds
    double followedSince{0};              //!< When BurstQueues began to follow its last byte
    uint32_t nLossy{0};                   //!< Rounds in which segments of it were lost by chance
    uint64_t nRounds{0};                  //!< Rounds that are over
    bool isBegun{false};                  //!< It has been told when its first byte arrives
    bool isFollowed{false};               //!< BurstQueues tell when it arrives
    bool isSent{false};                   //!< The fluid has sent it
    bool isCounted{false};                //!< Is among the bytes sent
    bool isDoubtful{false};               //!< Is among the doubtful ones
    bool isThere{false};                  //!< Has arrived, perhaps before the one in front of it
    bool isDelivered{false};              //!< Has been delivered
};

/**
 * @ingroup murmuration
 * @brief One direction between two nodes: what TCP remembers, and what waits to be sent.
 */
struct FlowConnection
{
    /**
     * @brief Construct a connection that has not been set up.
     * @param sizes of its window
     */
    explicit FlowConnection(const FlowWindow::Sizes& sizes)
        : window(sizes),
          sizes(sizes)
    {
    }

    /** Begin anew, as a connection that has not been set up. */
    void Reset()
    {
        window = FlowWindow(sizes);
        waiting.clear();
        nAttempts = 0;
        isOpen = false;
        isConnecting = false;
        isPaused = false;
        nTimeouts = 0;
        isProbing = false;
        lastSent = -1;
        unacknowledged.reset();
        codel = FlowCoDel();
        straggles = true;
    }

    /** @return what the window lets go beside what is under way, in bytes: a segment at least */
    double GetRoom() const
    {
        const double whole = window.Get();
        return unacknowledged
                   ? std::max(std::min(sizes.segment, whole), whole - unacknowledged->bytes)
                   : whole;
    }

    FlowWindow window;       //!< Kept between messages
    FlowWindow::Sizes sizes; //!< Of the window
    FlowRound round;         //!< The present one
    FlowCoDel codel;         //!< What CoDel makes of what waits
    uint32_t index{0};       //!< Among all connections
    uint64_t pair{0};        //!< NodePairKey() of whom it joins
    bool isFree{true};       //!< Joins nobody
    uint32_t flow{0};        //!< Of the message that is being sent
    double handshake{0};     //!< What it took, until its first message begins
    double lastSent{-1};     //!< When its last message was sent, in seconds
    /** What is under way of the round before, or of the message before. */
    std::optional<FlowUnacknowledged> unacknowledged;
    bool isOpen{false};       //!< Has been set up
    bool isConnecting{false}; //!< A handshake is under way
    bool isSending{false};    //!< A message has a flow
    bool isStalled{false};    //!< Waits for a link that leads back to come up again
    bool isPaused{false};     //!< Waits for a timeout
    bool isProbing{false};    //!< Has met a full queue, and nothing has come through since
    uint32_t nTimeouts{0};    //!< One after the other, for a full queue
    uint32_t nAttempts{0};    //!< Handshakes that have failed
    bool isBeginning{false};  //!< Its round begins at this instant
    bool isRearmed{false};    //!< Its round is to be looked at again
    bool straggles{true};     //!< An acknowledgement is late in each round
    std::shared_ptr<const FlowPath> path; //!< As of the last message
    uint64_t pathState{0};                //!< How many changes of links it knows
    double pathTime{0};                   //!< When it was read, in seconds
    std::list<Message> waiting;           //!< The first one is being sent, once set up
    std::list<FlowPassage> underway;      //!< In order; the last one is being sent
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_FLOW_CONNECTION_H */
