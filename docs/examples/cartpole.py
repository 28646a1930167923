"""Balance a pole: push to the side it falls to, and explore less and less."""

import random

import gymnasium as gym

EPISODES = 100

env = gym.make("CartPole-v1")
random.seed(0)
env.action_space.seed(0)

total = 0.0
for episode in range(EPISODES):
    exploration = 1.0 - episode / EPISODES
    observation, _ = env.reset(seed=episode)
    done = False
    while not done:
        _, _, angle, angular_velocity = observation
        action = int(angle + angular_velocity > 0)
        if random.random() < exploration:
            action = int(env.action_space.sample())
        observation, reward, terminated, truncated, _ = env.step(action)
        total += reward
        done = terminated or truncated
    if (episode + 1) % 20 == 0:
        print(f"episodes {episode - 18:3} to {episode + 1:3}: mean return {total / 20:.1f}")
        total = 0.0
env.close()
