/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef MURMURATION_TCP_LOSS_LIMIT_H
#define MURMURATION_TCP_LOSS_LIMIT_H

namespace ns3
{
namespace murmuration
{

/**
 * @brief The mean congestion window of TCP CUBIC where packets are lost independently of each
 * other, in segments.
 *
 *     cubic(R, p) = 1.19 (R / p)^(3/4)
 *     aimd(p)     = sqrt(1.5 / p) where TcpCubic has a region of AIMD-friendliness, else 0
 *     window      = sqrt(max(cubic, aimd)^2 + 2.5^2)
 *
 * R is the round-trip time in seconds, p the probability that a segment is lost. The power law is
 * that of CUBIC's response to random losses [Poojary, 2015]; for C = 0.4 and beta = 0.7 its factor
 * is 1.30, and 1.19 with the fast convergence that is on in ns-3 and Linux. (Periodic losses give
 * 1.054 [RFC 8312, section 5.1].) 2.5 is fitted: ns-3 does not reduce the window below two
 * segments, and where they are so few it recovers mostly by timeouts. The region of
 * AIMD-friendliness [RFC 8312, section 4.2] raises the window of short round-trip times, some ten
 * milliseconds. ns-3 3.37 has none; 3.43 has one, which ns3::TcpCubic::TcpFriendliness turns off.
 *
 * @param roundTrip round-trip time in seconds, above 0
 * @param loss probability that a segment is lost, 0 < loss < 1
 * @return segments
 */
double LossWindow(double roundTrip, double loss);

/**
 * @brief The rate at which random losses hold a long TCP CUBIC transfer: LossWindow() per
 * round-trip time.
 *
 * It is what a transfer comes down to over many losses. One that is over before its first loss,
 * after 1 / p segments on average, is not held back at all.
 *
 * @param segmentBytes bytes of a full segment; with or without headers, as the rate is wanted
 * @param roundTrip round-trip time in seconds, above 0
 * @param loss probability that a segment is lost, 0 <= loss < 1
 * @return bytes per second; infinity without loss
 */
double LossRateLimit(double segmentBytes, double roundTrip, double loss);

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_TCP_LOSS_LIMIT_H */
